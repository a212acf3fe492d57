import type { WebSocket } from 'undici';
import { unavailable } from '../faults.ts';
import { idAtEnds } from '../lines.ts';
import { masker } from '../masking.ts';
import type { HttpLaunch } from './http-server.ts';
import type { Outgoing, Sink, Transport } from './transport.ts';

const NORMAL = 1000;

/** One JSON-RPC message a text frame, subprotocol `mcp`. */
export class WebSocketTransport implements Transport {
  readonly #server: string;
  readonly #launch: HttpLaunch;
  readonly #maxBytes: number;
  readonly #mask: (text: string) => string;
  #socket: WebSocket | undefined;
  #closed = false;

  constructor(server: string, launch: HttpLaunch, maxBytes: number) {
    this.#server = server;
    this.#launch = launch;
    this.#maxBytes = maxBytes;
    this.#mask = masker(launch);
  }

  async open(sink: Sink, signal: AbortSignal): Promise<void> {
    const { WebSocket } = await import('undici');
    const socket = new WebSocket(this.#launch.url, { protocols: ['mcp'], headers: { ...this.#launch.headers } });
    this.#socket = socket;
    let why = 'its socket was closed';
    await new Promise<void>((ready, failed) => {
      socket.addEventListener('open', () => ready());
      socket.addEventListener('error', (event) => {
        why = this.#mask(event.error?.message || event.message || 'the socket failed');
        failed(unavailable(this.#server, why));
      });
      socket.addEventListener('close', ({ code, reason }) => {
        const text = reason === '' ? `${why} (${code})` : `${why} (${code} ${reason})`;
        failed(unavailable(this.#server, text));
        if (!this.#closed) sink.closed(this.#mask(text));
      });
      socket.addEventListener('message', ({ data }) => {
        if (typeof data !== 'string') return;
        if (data.length <= this.#maxBytes) return sink.message(data);
        sink.oversize(idAtEnds(data.slice(0, 256), data.slice(-64)), data.length);
      });
      signal.addEventListener('abort', () => this.#closed || socket.readyState !== 0 || socket.close(), { once: true });
    });
  }

  send(text: string, _about: Outgoing): void {
    if (this.#socket?.readyState === 1) this.#socket.send(text);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#socket?.close(NORMAL);
  }
}
