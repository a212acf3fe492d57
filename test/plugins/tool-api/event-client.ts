import { once } from 'node:events';
import { WebSocket } from 'ws';

export type Message = Readonly<Record<string, unknown>> & { readonly type?: string };

/** A client of the event socket that keeps what it hears until somebody asks for it. */
export class SocketClient {
  readonly socket: WebSocket;
  readonly heard: Message[] = [];
  #asked = 0;
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.heard.push(JSON.parse(String(data)) as Message);
      for (const wake of this.#waiting) wake();
    });
  }

  static async open(port: number, headers: Readonly<Record<string, string>> = {}): Promise<SocketClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/events/tools`, { headers });
    const client = new SocketClient(socket);
    await once(socket, 'open');
    return client;
  }

  say(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message that fits, taken out of what was heard. */
  async next(fits: string | ((message: Message) => boolean), ms = 5_000): Promise<Message> {
    const until = Date.now() + ms;
    const test = typeof fits === 'string' ? (message: Message) => message.type === fits : fits;
    for (;;) {
      const at = this.heard.findIndex(test);
      if (at >= 0) return this.heard.splice(at, 1)[0]!;
      const left = until - Date.now();
      if (left <= 0) throw new Error(`nothing that fits ${fits} within ${ms} ms; heard ${JSON.stringify(this.heard)}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(limit);
          this.#waiting.delete(wake);
          resolve();
        };
        const limit = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
  }

  /** Sends it with a request id of its own, and takes the answer with the same. */
  async ask(message: object, ms?: number): Promise<Message> {
    const request_id = `ask-${++this.#asked}`;
    this.say({ request_id, ...message });
    return this.next((heard) => heard.request_id === request_id, ms);
  }

  async closed(): Promise<{ readonly code: number; readonly reason: string }> {
    const [code, reason] = (await once(this.socket, 'close')) as [number, Buffer];
    return { code, reason: String(reason) };
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }
}
