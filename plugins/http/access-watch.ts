import type { IncomingMessage } from 'node:http';
import { fault, isFault, type Undo } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import type { AccessWatcher } from './api.ts';

interface Watched {
  readonly request: IncomingMessage;
  readonly id: Principal['id'];
  readonly watcher: AccessWatcher;
  asking: boolean;
}

type Identify = (request: IncomingMessage) => Principal | Promise<Principal>;

/**
 * Asks again who sent the requests of what is still open. Asking, and not being told, finds every end alike: a key taken
 * out of its file or of the configuration, a token whose time is over, authentication turned on.
 */
export class AccessWatch {
  readonly #identify: Identify;
  readonly #everyMs: number;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(identify: Identify, everyMs: number) {
    this.#identify = identify;
    this.#everyMs = everyMs;
  }

  add(request: IncomingMessage, { id }: Principal, watcher: AccessWatcher): Undo {
    const watched = { request, id, watcher, asking: false };
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => {
      for (const each of this.#watched) if (!each.asking) this.#ask(each);
    }, this.#everyMs).unref();
    return () => void this.#drop(watched);
  }

  stop(): void {
    this.#watched.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #ask(watched: Watched): void {
    try {
      const principal = this.#identify(watched.request);
      if (!(principal instanceof Promise)) return this.#answered(watched, principal);
      watched.asking = true;
      principal
        .then((known) => this.#answered(watched, known))
        .catch((error: unknown) => this.#refused(watched, error))
        .finally(() => {
          watched.asking = false;
        });
    } catch (error) {
      this.#refused(watched, error);
    }
  }

  #answered(watched: Watched, principal: Principal): void {
    if (!this.#watched.has(watched)) return;
    if (principal.id === watched.id) return watched.watcher.known?.(principal);
    this.#refused(
      watched,
      fault('AUTH_CHANGED', 'these credentials are those of somebody else now', { kind: 'unauthenticated' }),
    );
  }

  /** Where nobody can be asked at this moment, the last answer holds. */
  #refused(watched: Watched, error: unknown): void {
    if (!isFault(error) || (error.kind !== 'unauthenticated' && error.kind !== 'forbidden')) return;
    if (this.#drop(watched)) watched.watcher.denied(error);
  }

  #drop(watched: Watched): boolean {
    const was = this.#watched.delete(watched);
    if (this.#watched.size === 0) this.stop();
    return was;
  }
}
