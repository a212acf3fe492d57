import { endHash, type RawRecord, type RecordCutter, type RecordLimits, startHash, trim } from './raw-record.ts';
import { ValueScanner } from './value-scanner.ts';
import type { Window } from './window.ts';

const NEWLINE = 0x0a;

/** One record a line. A broken line cannot reach into the next one. */
export class LineCutter implements RecordCutter {
  waiting = 0;
  readonly inside = false;
  readonly #window: Window;
  readonly #limits: RecordLimits;
  #at = 0;
  /** Set where the file ends in a line that was too long to be kept. */
  #resume: number | undefined;

  constructor(window: Window, limits: RecordLimits) {
    this.#window = window;
    this.#limits = limits;
  }

  get offset(): number {
    return this.#resume ?? this.#window.base + this.#at;
  }

  async next(): Promise<RawRecord | undefined> {
    const window = this.#window;
    let searched = this.#at;
    for (;;) {
      const { bytes } = window;
      const newline = bytes.indexOf(NEWLINE, searched);
      const last = newline === -1 && window.ended;
      if (newline !== -1 || last) {
        const [start, end] = trim(bytes, this.#at, last ? bytes.length : newline);
        this.#at = searched = last ? bytes.length : newline + 1;
        if (start === end) {
          if (last) return undefined;
          continue;
        }
        return this.#record(start, end, last);
      }
      if (bytes.length - this.#at > this.#limits.maxRecordBytes) return this.#tooLarge();
      searched = bytes.length - this.#at;
      await window.more(this.#at);
      this.#at = 0;
    }
  }

  async hasMore(): Promise<boolean> {
    for (;;) {
      const { bytes } = this.#window;
      const [start, end] = trim(bytes, this.#at, bytes.length);
      if (start < end) return true;
      const more = await this.#window.more(bytes.length);
      this.#at = 0;
      if (!more) return false;
    }
  }

  /** Several values on one line. */
  async mend({ offset, bytes }: RawRecord): Promise<RawRecord | undefined> {
    if (!isOpening(bytes[0])) return undefined;
    const size = new ValueScanner().scan(bytes, 0, bytes.length);
    if (size === -1) return undefined;
    const [rest] = trim(bytes, size, bytes.length);
    if (!isOpening(bytes[rest])) return undefined;
    this.#at = offset - this.#window.base + size;
    return { offset, size, bytes: bytes.subarray(0, size) };
  }

  leave({ offset, size }: RawRecord): void {
    this.#at = offset - this.#window.base;
    this.waiting = size;
  }

  trust(): void {}

  #record(start: number, end: number, open: boolean): RawRecord {
    const { base, bytes } = this.#window;
    const size = end - start;
    const large = size > this.#limits.maxRecordBytes;
    return {
      offset: base + start,
      size,
      bytes: bytes.subarray(start, end),
      ...(large && { problem: 'RECORD_TOO_LARGE' }),
      ...(open && { open }),
    };
  }

  async #tooLarge(): Promise<RawRecord | undefined> {
    const window = this.#window;
    const offset = window.base + this.#at;
    const hashing = startHash();
    let size = 0;
    for (;;) {
      const newline = window.bytes.indexOf(NEWLINE, this.#at);
      const piece = window.bytes.subarray(this.#at, newline === -1 ? window.bytes.length : newline);
      hashing.update(piece);
      size += piece.length;
      if (newline !== -1) {
        this.#at = newline + 1;
        return { offset, size, bytes: NOTHING, problem: 'RECORD_TOO_LARGE', hash: endHash(hashing) };
      }
      const more = await window.more(window.bytes.length);
      this.#at = 0;
      if (!more) {
        this.waiting = size;
        this.#resume = offset;
        return undefined;
      }
    }
  }
}

const NOTHING = Buffer.alloc(0);
const isOpening = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x5b;
