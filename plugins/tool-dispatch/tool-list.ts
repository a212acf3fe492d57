import { type Log, reason } from '#kernel';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import { type ListSource, listTools } from './listing.ts';

/** Changes come in groups: one listing for all of them. */
const SETTLE_MS = 50;
const AGAIN_MS = 5000;

/** Keeps the registry's list of one server's tools in step with the server. */
export class ToolList {
  /** Was it listed, or tried to, over a connection that lives? */
  listed = false;
  readonly #server: string;
  readonly #registry: ToolRegistry;
  readonly #log: Log;
  readonly #onListed: () => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(server: string, registry: ToolRegistry, log: Log, onListed: () => void) {
    this.#server = server;
    this.#registry = registry;
    this.#log = log;
    this.#onListed = onListed;
  }

  changed(source: ListSource): void {
    this.#later(source, SETTLE_MS);
  }

  async list(source: ListSource): Promise<void> {
    try {
      const { tools, info, cut } = await listTools(source, this.#log);
      if (this.#stopped) return;
      if (cut !== undefined)
        this.#log.warn('a server lists too many tools; the rest is left out', {
          server: this.#server,
          reason: cut,
          kept: tools.length,
        });
      this.#registry.setTools(this.#server, tools, info);
    } catch (error) {
      if (this.#stopped || source.connection.isClosed) return;
      this.#log.warn('could not list the tools of a server', { server: this.#server, reason: reason(error) });
      this.#later(source, AGAIN_MS);
    }
    this.listed = true;
    this.#onListed();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(source: ListSource, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#stopped && !source.connection.isClosed) void this.list(source);
    }, ms);
  }
}
