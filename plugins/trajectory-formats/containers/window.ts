import type { ByteSource } from './byte-source.ts';

const CHUNK = 1 << 20;
/** Of a file that is smaller than a chunk: to look whether more has come. */
const LITTLE = 1 << 12;

/** The part of a file that is in memory: grows only as far as one record needs, and shrinks again after a long one. */
export class Window {
  /** What is here; valid until the next `more`. */
  bytes: Buffer;
  /** Where in the file `bytes` begins. */
  base: number;
  /** Whether the file ends with `bytes`. */
  ended = false;
  readonly #source: ByteSource;
  /** What is read at once at the least. */
  readonly #least: number;
  #storage: Buffer;

  constructor(source: ByteSource, base: number) {
    this.#source = source;
    const { size } = source.stats;
    const isSmall = !source.packed && size < CHUNK;
    this.#least = isSmall ? LITTLE : CHUNK;
    this.#storage = Buffer.allocUnsafeSlow(isSmall ? size + LITTLE * 2 : CHUNK * 2);
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
    if (keep > 0 || storage !== this.#storage) this.bytes.copy(storage, 0, keep);
    this.#storage = storage;
    const read = await this.#source.read(storage, kept);
    this.ended = read === 0;
    this.bytes = storage.subarray(0, kept + read);
    return read > 0;
  }

  #roomFor(kept: number): Buffer {
    const { length } = this.#storage;
    if (length - kept >= this.#least && (length <= CHUNK * 8 || kept > length / 4)) return this.#storage;
    return Buffer.allocUnsafeSlow(Math.max(CHUNK * 2, kept * 2));
  }
}
