import type { Log } from '#kernel';
import type { ServerState } from '#plugins/tool-registry/api';

/** Says in the log when a server is ready, and when it is ready again: one line each, however many connections it has. */
export class Readiness {
  readonly #server: string;
  readonly #log: Log;
  #startedAt: number | undefined;
  #downSince: number | undefined;
  #told = false;

  constructor(server: string, log: Log) {
    this.#server = server;
    this.#log = log;
  }

  connecting(): void {
    this.#startedAt ??= Date.now();
  }

  /** `listed`: whether its tools are known, `about`: what the line says besides. */
  is(state: ServerState, listed: boolean, about: () => Readonly<Record<string, unknown>>): void {
    if (state === 'failed') {
      this.#downSince ??= Date.now();
      this.#told = false;
    }
    if (state !== 'ready' || this.#told || !listed) return;
    const again = this.#downSince !== undefined;
    const since = this.#downSince ?? this.#startedAt ?? Date.now();
    this.#told = true;
    this.#downSince = undefined;
    const ms = Date.now() - since;
    this.#log.info(again ? 'a server is ready again' : 'a server is ready', { server: this.#server, ms, ...about() });
  }
}
