import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** TCP in front of a server that may move: while it is down it drops what is open and refuses what comes. */
export class FlakyProxy {
  #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  /** Bytes are taken and go nowhere, as behind a router that has forgotten the connection. */
  isBlackHole = false;
  /** Bytes pass in pieces of this size. */
  pieces = 0;

  constructor(target: number) {
    this.#target = target;
  }

  set target(port: number) {
    this.#target = port;
  }
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The same port each time. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((socket) => this.#pass(socket)).listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    this.drop();
    await closed;
  }

  /** Ends what is open; what comes is served. */
  drop(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #pass(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => {
        if (this.isBlackHole) return;
        if (this.pieces === 0) return void to.write(bytes);
        for (let at = 0; at < bytes.length; at += this.pieces) to.write(bytes.subarray(at, at + this.pieces));
      });
      from.on('error', () => undefined);
      from.once('end', () => to.end());
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
