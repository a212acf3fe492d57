/** One letter, four bytes of length (big endian), payload: the channel with the supervisor inside the sandbox. */
const HEADER = 5;

export type Frame = { kind: string; payload: Buffer };

export function encodeFrame(kind: string, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.write(kind, 0, 'latin1');
  frame.writeUInt32BE(payload.length, 1);
  payload.copy(frame, HEADER);
  return frame;
}

/** Cuts a byte stream into frames. What comes out of a sandbox is not trusted: sizes and letters are bounded. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;
  readonly #maxPayload: number;
  readonly #kinds: string;

  constructor(kinds: string, maxPayload: number) {
    this.#kinds = kinds;
    this.#maxPayload = maxPayload;
  }

  /** Throws where the stream cannot be what the supervisor writes. */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Frame[] = [];
    for (let needed = HEADER; this.#size >= needed; needed = HEADER) {
      const header = this.#peek(HEADER);
      const kind = String.fromCharCode(header[0]!);
      const length = header.readUInt32BE(1);
      if (!this.#kinds.includes(kind) || length > this.#maxPayload) throw new Error('the result channel is damaged');
      needed = HEADER + length;
      if (this.#size < needed) break;
      const whole = this.#peek(needed);
      frames.push({ kind, payload: whole.subarray(HEADER, needed) });
      this.#chunks = whole.length > needed ? [whole.subarray(needed)] : [];
      this.#size -= needed;
    }
    return frames;
  }

  /** The first buffer, made at least `bytes` long by joining (only when a frame spans chunks). */
  #peek(bytes: number): Buffer {
    if (this.#chunks[0]!.length < bytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
