import type { WebSocket } from 'ws';
import type { Principal } from '#plugins/auth/api';
import type { ToolEvent } from './event-log.ts';

/** Try again later: RFC 6455 registry. */
export const TRY_LATER = 1013;
const CLOSE_MS = 1_000;

/** One open event socket. */
export class EventClient {
  readonly id: string;
  readonly principal: Principal;
  readonly #socket: WebSocket;
  readonly #maxBufferedBytes: number;
  /** undefined: everything. */
  #types: ReadonlySet<string> | undefined;
  /** Calls of this client that run, by its request id. */
  readonly calls = new Map<string | number, AbortController>();
  #alive = true;

  constructor(id: string, principal: Principal, socket: WebSocket, maxBufferedBytes: number) {
    this.id = id;
    this.principal = principal;
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  subscribe(types: readonly string[] | undefined): void {
    this.#types = types === undefined ? undefined : new Set(types);
  }
  wants(event: ToolEvent): boolean {
    return this.#types === undefined || this.#types.has(event.type);
  }

  tell(message: object): void {
    this.write(JSON.stringify(message));
  }

  write(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) {
      this.#socket.close(TRY_LATER, 'reads too slowly');
      // Whoever reads nothing does not read this either.
      setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref();
      return;
    }
    this.#socket.send(text);
  }

  heard(): void {
    this.#alive = true;
  }

  /** One heartbeat: drops a peer that did not answer the one before. */
  beat(): void {
    if (!this.#alive) {
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  close(code: number, why: string): void {
    this.#socket.close(code, why);
  }
  terminate(): void {
    this.#socket.terminate();
  }
  abortCalls(): void {
    for (const call of this.calls.values()) call.abort();
  }
}
