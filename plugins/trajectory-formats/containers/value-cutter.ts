import {
  endHash,
  isSpace,
  type RawRecord,
  type RecordCutter,
  type RecordLimits,
  startHash,
  startsWithBom,
} from './raw-record.ts';
import { findRecordStart, signatureOf } from './record-start.ts';
import { ValueScanner } from './value-scanner.ts';
import type { Window } from './window.ts';

const COMMA = 0x2c;
const NEWLINE = 0x0a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
/** An unfinished record longer than this may be a broken one that swallows those behind it. */
const SUSPECT = 4 << 20;

export interface ListJudge {
  /** Whether the elements of a list are records, by the first one; else the whole list is one record. */
  holdsRecords(firstElement: Buffer): boolean;
  /** Whether these bytes are a record that is known. */
  isRecord(bytes: Buffer): boolean;
}

/** Values one behind the other, whatever is between them, and the elements of lists: records that may reach over many lines. */
export class ValueCutter implements RecordCutter {
  waiting = 0;
  readonly #window: Window;
  readonly #limits: RecordLimits;
  readonly #judge: ListJudge;
  #at = 0;
  #inList: boolean;
  #resume: { readonly offset: number; readonly inside: boolean };
  /** Whether lists hold records; undefined: not known yet. */
  #unwraps: boolean | undefined;
  #signature: Buffer | undefined;

  constructor(window: Window, limits: RecordLimits, judge: ListJudge, inside: boolean) {
    this.#window = window;
    this.#limits = limits;
    this.#judge = judge;
    this.#inList = inside;
    this.#unwraps = inside ? true : undefined;
    this.#resume = { offset: window.base, inside };
  }

  get offset(): number {
    return this.#resume.offset;
  }
  get inside(): boolean {
    return this.#resume.inside;
  }

  async next(): Promise<RawRecord | undefined> {
    for (;;) {
      const byte = await this.#significant();
      if (byte === undefined) return undefined;
      if (byte === CLOSE_ARRAY && this.#inList) this.#step(false);
      else if (byte === OPEN_ARRAY && !this.#inList && (await this.#unwrap())) this.#step(true);
      else return byte === OPEN_ARRAY || byte === OPEN_OBJECT ? this.#value() : this.#stray();
    }
  }

  async hasMore(): Promise<boolean> {
    const byte = await this.#significant();
    return byte !== undefined && byte !== CLOSE_ARRAY;
  }

  /** Or a longer one, where what follows it belongs to it: a bracket too many ends a record too early. */
  async mend({ offset, size }: RawRecord): Promise<RawRecord | undefined> {
    const start = offset - this.#window.base;
    const inside = this.#recordStart(start, start + size, false);
    if (inside !== undefined) return this.#cut(start, inside);
    if (!this.#inList || isBetweenElements(this.#window.bytes, start + size)) return undefined;
    this.#at = start;
    await this.#more();
    const { bytes, ended } = this.#window;
    const next = this.#recordStart(0, bytes.length, false) ?? (ended ? bytes.lastIndexOf(CLOSE_ARRAY) : -1);
    return this.#cut(0, Math.max(next, size));
  }

  leave({ size }: RawRecord): void {
    this.waiting = size;
  }

  trust({ bytes }: RawRecord): void {
    this.#signature ??= signatureOf(bytes);
  }

  #step(inList: boolean): void {
    this.#at++;
    this.#inList = inList;
  }

  async #more(): Promise<boolean> {
    const more = await this.#window.more(this.#at);
    this.#at = 0;
    return more;
  }

  /** Goes to the next byte that is no space, comma or byte order mark. */
  async #significant(): Promise<number | undefined> {
    for (;;) {
      const { bytes } = this.#window;
      while (this.#at < bytes.length) {
        const byte = bytes[this.#at]!;
        if (isSpace(byte) || byte === COMMA) this.#at++;
        else if (startsWithBom(bytes, this.#at)) this.#at += 3;
        else return byte;
      }
      if (!(await this.#more())) return undefined;
    }
  }

  async #unwrap(): Promise<boolean> {
    if (this.#unwraps !== undefined) return this.#unwraps;
    const first = await this.#firstElement();
    // An empty list decides nothing, and neither does one whose first element is not complete.
    if (first === undefined) return true;
    this.#unwraps = this.#judge.holdsRecords(first);
    return this.#unwraps;
  }

  /** Keeps the list's beginning in the window. */
  async #firstElement(): Promise<Buffer | undefined> {
    let start = 1;
    for (;;) {
      const { bytes } = this.#window;
      while (this.#at + start < bytes.length && isSpace(bytes[this.#at + start]!)) start++;
      if (this.#at + start < bytes.length) break;
      if (!(await this.#more())) return undefined;
    }
    const opening = this.#window.bytes[this.#at + start];
    if (opening !== OPEN_OBJECT && opening !== OPEN_ARRAY) return undefined;
    const scanner = new ValueScanner();
    let scanned = start;
    for (;;) {
      const { bytes } = this.#window;
      const end = scanner.scan(bytes, this.#at + scanned, bytes.length);
      if (end !== -1) return bytes.subarray(this.#at + start, end);
      scanned = bytes.length - this.#at;
      if (scanned > this.#limits.maxRecordBytes || !(await this.#more())) return undefined;
    }
  }

  async #value(): Promise<RawRecord | undefined> {
    const scanner = new ValueScanner();
    let scanned = 0;
    let suspect = SUSPECT;
    for (;;) {
      const { bytes, ended } = this.#window;
      const end = scanner.scan(bytes, this.#at + scanned, bytes.length);
      if (end !== -1) return this.#cut(this.#at, end, scanner.deepest > this.#limits.maxDepth);
      scanned = bytes.length - this.#at;
      if (ended || scanned > suspect) {
        suspect = scanned * 2;
        const next = this.#recordStart(this.#at, bytes.length, true);
        if (next !== undefined) return this.#cut(this.#at, next);
      }
      if (ended) {
        this.waiting = scanned;
        return undefined;
      }
      if (scanned > this.#limits.maxRecordBytes) return this.#tooLarge(scanner);
      await this.#more();
    }
  }

  /** What is between values and is none: up to where a value, an element or a line begins. */
  async #stray(): Promise<RawRecord | undefined> {
    let size = 1;
    for (;;) {
      const { bytes, ended } = this.#window;
      while (this.#at + size < bytes.length && !this.#endsStray(bytes[this.#at + size]!)) size++;
      const open = this.#at + size === bytes.length && ended;
      if (!open && this.#at + size === bytes.length && size < this.#limits.maxRecordBytes) {
        await this.#more();
        continue;
      }
      if (!open) return this.#cut(this.#at, this.#at + size);
      const { base } = this.#window;
      return { offset: base + this.#at, size, bytes: bytes.subarray(this.#at), open };
    }
  }

  #endsStray(byte: number): boolean {
    return (
      byte === OPEN_OBJECT ||
      byte === OPEN_ARRAY ||
      byte === NEWLINE ||
      (this.#inList && (byte === COMMA || byte === CLOSE_ARRAY))
    );
  }

  #cut(start: number, end: number, tooDeep = false): RawRecord {
    const { base, bytes } = this.#window;
    this.#at = end;
    this.#resume = { offset: base + end, inside: this.#inList };
    let last = end;
    while (last > start && (isSpace(bytes[last - 1]!) || bytes[last - 1] === COMMA)) last--;
    const size = last - start;
    const problem = size > this.#limits.maxRecordBytes ? 'RECORD_TOO_LARGE' : tooDeep ? 'RECORD_TOO_DEEP' : undefined;
    return { offset: base + start, size, bytes: bytes.subarray(start, last), ...(problem && { problem }) };
  }

  async #tooLarge(scanner: ValueScanner): Promise<RawRecord | undefined> {
    const window = this.#window;
    const offset = window.base + this.#at;
    const hashing = startHash().update(window.bytes.subarray(this.#at));
    let size = window.bytes.length - this.#at;
    this.#at = window.bytes.length;
    while (await this.#more()) {
      const { bytes } = window;
      const end = scanner.scan(bytes, 0, bytes.length);
      const piece = bytes.subarray(0, end === -1 ? bytes.length : end);
      hashing.update(piece);
      size += piece.length;
      this.#at = piece.length;
      if (end === -1) continue;
      this.#resume = { offset: window.base + end, inside: this.#inList };
      return { offset, size, bytes: bytes.subarray(0, 0), problem: 'RECORD_TOO_LARGE', hash: endHash(hashing) };
    }
    this.waiting = size;
    return undefined;
  }

  #recordStart(from: number, to: number, wholeOnly: boolean): number | undefined {
    const { bytes } = this.#window;
    const signature = this.#signature ?? signatureOf(bytes.subarray(from, to));
    if (signature === undefined) return undefined;
    return findRecordStart(bytes, from + 1, to, {
      signature,
      inList: this.#inList,
      wholeOnly,
      isRecord: this.#judge.isRecord,
    });
  }
}

/** Whether the list ends here, or an object or a list comes next. */
function isBetweenElements(bytes: Uint8Array, from: number): boolean {
  let at = from;
  let comma = false;
  for (; at < bytes.length; at++) {
    if (!comma && bytes[at] === COMMA) comma = true;
    else if (!isSpace(bytes[at]!)) break;
  }
  const byte = bytes[at];
  return byte === undefined || (comma ? byte === OPEN_OBJECT || byte === OPEN_ARRAY : byte === CLOSE_ARRAY);
}
