import type { RpcNotification, ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { Offerings } from './offerings.ts';

type Listener = (notification: RpcNotification) => void;

/** What the clients of all servers together are told outside their requests. */
export class Changes {
  readonly #listeners = new Set<Listener>();
  #announced = false;

  /** Also drops what is remembered of a server that changed. The undo stops it. */
  watch(registry: ToolRegistry, dispatcher: ToolDispatcher, offerings: Offerings): () => void {
    const undoChange = registry.onChange((change) => {
      if (change.type !== 'server_health') return this.#announceTools();
      offerings.forgetServer(change.server);
    });
    const undoNotification = dispatcher.onNotification((server, notification) => {
      offerings.forget(server, notification);
      if (notification.method !== 'notifications/tools/list_changed') this.#tell(notification);
    });
    return () => {
      undoChange();
      undoNotification();
    };
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Many tools often change together: clients are told once. */
  #announceTools(): void {
    if (this.#announced) return;
    this.#announced = true;
    setImmediate(() => {
      this.#announced = false;
      this.#tell({ method: 'notifications/tools/list_changed' });
    });
  }

  #tell(notification: RpcNotification): void {
    for (const listener of this.#listeners) listener(notification);
  }
}
