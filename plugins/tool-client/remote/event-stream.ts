import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '#kernel';
import type { ToolClientConfig } from '../config.ts';
import type { HttpLine } from './http-line.ts';
import { ClientSocket } from './web-socket.ts';

const PATH = '/api/v1/events/tools';
/** What is of use here; `hello` comes in any case. */
const TYPES = ['tool_installed', 'tool_updated', 'tool_uninstalled', 'install_progress'];

export interface StreamListener {
  /** The socket is open, and what it tells from now on is not missed. */
  up(): void;
  event(event: Readonly<Record<string, unknown>>): void;
  down(why: string): void;
}

/** The event socket, opened again for as long as it is wanted. */
export class EventStream {
  readonly #line: HttpLine;
  readonly #config: ToolClientConfig['events'];
  readonly #listener: StreamListener;
  #socket: ClientSocket | undefined;
  #isUp = false;
  #pause = new AbortController();
  #isClosed = false;

  constructor(line: HttpLine, config: ToolClientConfig['events'], listener: StreamListener) {
    this.#line = line;
    this.#config = config;
    this.#listener = listener;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Ends after `close`. Never rejects. */
  async run(): Promise<void> {
    const { reconnectMs, maxReconnectMs } = this.#config;
    for (let failures = 0; !this.#isClosed; failures++) {
      const { wasUp, why } = await this.#once();
      if (this.#isClosed) return;
      if (wasUp) failures = 0;
      this.#listener.down(why);
      const longest = Math.min(maxReconnectMs, reconnectMs * 2 ** Math.min(failures, 16));
      this.#pause = new AbortController();
      // Jitter: the clients of a server that was restarted do not all come at once.
      const jittered = longest * (0.5 + Math.random() / 2);
      await sleep(jittered, undefined, { signal: this.#pause.signal }).catch(() => undefined);
    }
  }

  /** The server answers: do not wait any longer. */
  hurry(): void {
    this.#pause.abort();
  }

  close(): void {
    this.#isClosed = true;
    this.#pause.abort();
    this.#socket?.close();
  }

  /** One connection from its handshake to its end. */
  async #once(): Promise<{ readonly wasUp: boolean; readonly why: string }> {
    const { heartbeatMs } = this.#config;
    let upgraded: Awaited<ReturnType<HttpLine['upgrade']>>;
    try {
      upgraded = await this.#line.upgrade(PATH, Math.max(1_000, heartbeatMs * 2));
    } catch (error) {
      return { wasUp: false, why: reason(error) };
    }
    const { promise, resolve } = Promise.withResolvers<string>();
    let silent = 0;
    let wasUp = false;
    const socket = new ClientSocket(upgraded.socket, upgraded.head, {
      heard: () => {
        silent = 0;
      },
      text: (text) => {
        const event = parsed(text);
        if (event === undefined) return;
        if (event.type !== 'hello') return this.#listener.event(event);
        wasUp = this.#isUp = true;
        socket.send(JSON.stringify({ type: 'subscribe', types: TYPES }));
        this.#listener.up();
      },
      closed: resolve,
    });
    this.#socket = socket;
    if (this.#isClosed) socket.close();
    const heartbeat = setInterval(() => {
      if (silent++ < 2) socket.ping();
      else socket.close();
    }, heartbeatMs);
    const why = await promise;
    clearInterval(heartbeat);
    this.#isUp = false;
    this.#socket = undefined;
    return { wasUp, why: silent > 2 ? 'it says nothing any more' : why };
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
