import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';

const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;
const FINAL = 0x80;
const MASKED = 0x80;
const MAX_BYTES = 16_777_216;

export interface SocketListener {
  text(message: string): void;
  /** Anything came, be it a pong. */
  heard(): void;
  closed(why: string): void;
}

/**
 * The client's half of RFC 6455 over a connection that was upgraded: text messages. Node's own WebSocket cannot cut off a
 * peer that does not answer a close; its socket would outlive us.
 */
export class ClientSocket {
  readonly #socket: Duplex;
  readonly #listener: SocketListener;
  #unread: Buffer;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #isClosed = false;

  constructor(socket: Duplex, head: Buffer, listener: SocketListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#unread = head;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.once('error', (error) => this.#end(error.message));
    socket.once('close', () => this.#end('the connection was closed'));
    socket.once('end', () => this.#end('the connection was closed'));
    if (head.length > 0) queueMicrotask(() => this.#read(Buffer.alloc(0)));
  }

  send(text: string): void {
    this.#write(OPCODE.text, Buffer.from(text));
  }
  ping(): void {
    this.#write(OPCODE.ping, Buffer.alloc(0));
  }

  /** At once, whatever the peer does. */
  close(): void {
    if (this.#isClosed) return;
    const code = Buffer.alloc(2);
    code.writeUInt16BE(1000);
    this.#write(OPCODE.close, code);
    this.#end('closed here');
  }

  #end(why: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    this.#listener.closed(why);
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#isClosed) return;
    const { length } = payload;
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    head[0] = FINAL | opcode;
    head[1] = MASKED | (length < 126 ? length : length < 65_536 ? 126 : 127);
    if (head.length === 4) head.writeUInt16BE(length, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
    const mask = randomBytes(4);
    const masked = Buffer.alloc(length);
    for (let at = 0; at < length; at++) masked[at] = payload[at]! ^ mask[at & 3]!;
    this.#socket.write(Buffer.concat([head, mask, masked]));
  }

  #read(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.#listener.heard();
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    while (!this.#isClosed) {
      const frame = frameIn(this.#unread);
      if (frame === undefined) return;
      if (typeof frame === 'string') return this.#end(frame);
      this.#unread = this.#unread.subarray(frame.end);
      this.#frame(frame);
    }
  }

  #frame({ opcode, isFinal, payload }: Frame): void {
    switch (opcode) {
      case OPCODE.text:
      case OPCODE.continuation: {
        this.#parts.push(payload);
        this.#partBytes += payload.length;
        if (this.#partBytes > MAX_BYTES) return this.#end('its message is too long');
        if (!isFinal) return;
        const text = Buffer.concat(this.#parts).toString();
        this.#parts = [];
        this.#partBytes = 0;
        return this.#listener.text(text);
      }
      case OPCODE.ping:
        return this.#write(OPCODE.pong, payload);
      case OPCODE.pong:
        return;
      case OPCODE.close: {
        const code = payload.length < 2 ? '' : ` (${payload.readUInt16BE(0)} ${payload.subarray(2).toString()})`;
        return this.#end(`the server closed it${code}`);
      }
      default:
        return this.#end('it sent what is no text');
    }
  }
}

interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
  readonly end: number;
}

/** The first whole frame; a text says what is wrong with it. */
function frameIn(bytes: Buffer): Frame | string | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes[0]!, bytes[1]!];
  if ((second & MASKED) !== 0 || (first & 0x70) !== 0) return 'it broke the protocol';
  const short = second & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return undefined;
  const length = head === 2 ? short : head === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > MAX_BYTES) return 'its message is too long';
  if (bytes.length < head + length) return undefined;
  const end = head + length;
  return { opcode: first & 0x0f, isFinal: (first & FINAL) !== 0, payload: bytes.subarray(head, end), end };
}
