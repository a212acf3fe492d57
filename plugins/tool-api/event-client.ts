import type { WebSocket } from 'ws';
import type { Principal } from '#plugins/auth/api';
import type { LoggedEvent } from './event-log.ts';

/** Try again later: RFC 6455 registry. */
export const TRY_LATER = 1013;
const CLOSE_MS = 1_000;
/** RFC 6455 section 5.5: the reason of a close frame has room for 123 bytes. Ours are ASCII. */
const REASON = 123;

/** One open event socket. */
export class EventClient {
  readonly id: string;
  /** As it is now. */
  principal: Principal;
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
  wants(event: LoggedEvent): boolean {
    return this.#types === undefined || this.#types.has(event.type);
  }

  tell(message: object): void {
    this.write(JSON.stringify(message));
  }

  write(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) {
      // Whoever reads nothing does not read this either.
      this.expel(TRY_LATER, 'reads too slowly');
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
  /** Says why; whoever does not close its side in time is cut off. */
  expel(code: number, why: string): void {
    this.#socket.close(code, why.slice(0, REASON));
    setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref();
  }
  terminate(): void {
    this.#socket.terminate();
  }
  abortCalls(): void {
    for (const call of this.calls.values()) call.abort();
  }
}
