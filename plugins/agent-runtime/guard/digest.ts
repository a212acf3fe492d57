import { PRIME, scan, scanEnds } from './scan.ts';
import { type DigestMode, isVolatileKey, VOLATILE } from './volatile.ts';

/** UTF-16 units from each end in which volatile words are left out; what is shorter than both is looked at as a whole. */
const NEAR = 8_192;
/** From there to here only the values of digits are left out; what is longer is told by both ends and its length. */
const FAR = 65_536;
/** What a number, a key or a bracket costs of it, so that a million small values end, too. */
const NODE = 16;
const DEEPEST = 32;
/** Objects with more keys are taken in the order in which they came. */
const SORTED_KEYS = 2_000;
const SEED = 0x811c9dc5 | 0;
const bits = new Int32Array(2);
const float = new Float64Array(bits.buffer);

/** 32 bits of a JSON-like value: the order of keys and volatile texts do not matter, and work and memory are bounded. */
export function digest(value: unknown, mode: DigestMode): number {
  const forth = new Walk(mode, false);
  forth.visit(value, 0);
  if (forth.room > 0) return forth.hash;
  const back = new Walk(mode, true, forth.long);
  back.visit(value, 0);
  return Math.imul(forth.hash ^ Math.imul(back.hash, PRIME), PRIME);
}

class Walk {
  hash = SEED;
  room = NEAR;
  readonly #mode: DigestMode;
  readonly #backward: boolean;
  /** The text that had no room, of which the walk back sees the other end. */
  long: string | undefined;

  constructor(mode: DigestMode, backward: boolean, long?: string) {
    this.#mode = mode;
    this.#backward = backward;
    this.long = long;
  }

  visit(value: unknown, depth: number): void {
    if (this.room <= 0) return;
    this.room -= NODE;
    if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value !== 'object' || value === null) this.#mix(value === true ? 2 : value === false ? 3 : 5);
    else if (depth > DEEPEST) this.#mix(7);
    else if (Array.isArray(value)) this.#list(value, depth);
    else if (ArrayBuffer.isView(value)) this.#bytes(value);
    else this.#object(value as Record<string, unknown>, depth);
  }

  #string(text: string): void {
    const { length } = text;
    const most = Math.min(length, Math.max(this.room, 0));
    this.room -= length;
    const from = this.#backward ? length - most : 0;
    this.hash = scan(text, from, from + most, this.hash, this.#mode);
    this.#mix(11);
    if (length === most) return;
    this.#mix(length);
    if (length > 2 * NEAR && !(this.#backward && text === this.long))
      this.hash = scanEnds(text, NEAR, Math.min(FAR, Math.ceil(length / 2)), this.hash);
    this.long = text;
  }

  #number(value: number): void {
    // Milliseconds since 1970.
    if (this.#mode !== 'exact' && value > 1.2e12 && value < 3e12) {
      this.#mix(VOLATILE);
      return;
    }
    float[0] = value;
    this.#mix(bits[0]!);
    this.#mix(bits[1]!);
  }

  #list(list: readonly unknown[], depth: number): void {
    this.#mix(13);
    for (let at = 0; at < list.length && this.room > 0; at++)
      this.visit(list[this.#backward ? list.length - 1 - at : at], depth + 1);
    if (this.room <= 0) this.#mix(list.length);
    this.#mix(17);
  }

  #object(object: Readonly<Record<string, unknown>>, depth: number): void {
    if (object instanceof Date) {
      this.#string(object.toJSON() ?? '');
      return;
    }
    this.#mix(19);
    const keys = Object.keys(object);
    if (keys.length <= SORTED_KEYS) keys.sort();
    for (let at = 0; at < keys.length && this.room > 0; at++) {
      const key = keys[this.#backward ? keys.length - 1 - at : at]!;
      const value = object[key];
      this.room -= key.length;
      // What is undefined is not there, as in JSON.
      if (value === undefined) continue;
      this.hash = scan(key, 0, Math.min(key.length, 256), this.hash, 'exact');
      if (isVolatileKey(key) && (typeof value === 'string' || typeof value === 'number')) this.#mix(VOLATILE);
      else this.visit(value, depth + 1);
    }
    if (this.room <= 0) this.#mix(keys.length);
    this.#mix(23);
  }

  #bytes(view: ArrayBufferView): void {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const most = Math.min(bytes.length, Math.max(this.room, 0));
    const from = this.#backward ? bytes.length - most : 0;
    for (let at = from; at < from + most; at++) this.#mix(bytes[at]!);
    this.room -= bytes.length;
    this.#mix(bytes.length);
  }

  #mix(value: number): void {
    this.hash = Math.imul(this.hash ^ value, PRIME);
  }
}
