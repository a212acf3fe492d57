import type { ByteSource } from './byte-source.ts';

const CHUNK = 1 << 20;

/** The part of a file that is in memory: grows only as far as one record needs, and shrinks again after a long one. */
export class Window {
  /** What is here; valid until the next `more`. */
  bytes: Buffer;
  /** Where in the file `bytes` begins. */
  base: number;
  /** Whether the file ends with `bytes`. */
  ended = false;
  readonly #source: ByteSource;
  #storage: Buffer = Buffer.allocUnsafeSlow(CHUNK * 2);

  constructor(source: ByteSource, base: number) {
    this.#source = source;
    this.base = base;
    this.bytes = this.#storage.subarray(0, 0);
  }

  /** Forgets the bytes before `keep` and reads on: what was at `keep` is at 0 then. False where there is no more. */
  async more(keep: number): Promise<boolean> {
    this.base += keep;
    if (this.ended) {
      this.bytes = this.bytes.subarray(keep);
      return false;
    }
    const kept = this.bytes.length - keep;
    const storage = this.#roomFor(kept);
    this.bytes.copy(storage, 0, keep);
    this.#storage = storage;
    const read = await this.#source.read(storage, kept);
    this.ended = read === 0;
    this.bytes = storage.subarray(0, kept + read);
    return read > 0;
  }

  #roomFor(kept: number): Buffer {
    const { length } = this.#storage;
    if (length - kept >= CHUNK && (length <= CHUNK * 8 || kept > length / 4)) return this.#storage;
    return Buffer.allocUnsafeSlow(Math.max(CHUNK * 2, kept * 2));
  }
}
