import { type Dots, dotProducts, FIRST_VECTOR, type FlatMemory, PAGE } from './dot-products.ts';

/** A vector as bytes: each number is `bytes[n] * scale`. What rounding costs is less than a hundredth of a cosine. */
export interface Quantised {
  readonly bytes: Int8Array;
  readonly scale: number;
}

/** Undefined where it is none: empty, not finite, or zero. */
export function quantised(vector: Float32Array): Quantised | undefined {
  let most = 0;
  let finite = true;
  for (let n = 0; n < vector.length; n++) {
    most = Math.max(most, Math.abs(vector[n]!));
    finite &&= Number.isFinite(vector[n]);
  }
  if (!finite || most === 0) return undefined;
  const scale = most / 127;
  const bytes = new Int8Array(vector.length);
  for (let n = 0; n < vector.length; n++) bytes[n] = Math.round(vector[n]! / scale);
  return { bytes, scale };
}

/** Slots and results of one call: a quarter of the first page each, behind the query. */
const CHUNK = 4_096;
const SLOTS_AT = 32_768;
const RESULTS_AT = SLOTS_AT + 4 * CHUNK;
/** Longest vector. */
export const MOST_NUMBERS = SLOTS_AT;

/** Vectors of one length by the hash of their text, in one flat memory. */
export class Vectors {
  /** Numbers a vector. */
  readonly length: number;
  readonly #memory: FlatMemory;
  readonly #dots: Dots;
  /** Bytes from one vector to the next: SIMD takes 16 at a time. */
  readonly #stride: number;
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #scales = new Float32Array(256);
  #used = 0;
  /** Grows whenever a slot gets another text. */
  version = 0;

  constructor(length: number) {
    this.length = length;
    this.#stride = Math.ceil(length / 16) * 16;
    ({ memory: this.#memory, dots: this.#dots } = dotProducts());
  }

  get size(): number {
    return this.#slots.size;
  }

  has(hash: string): boolean {
    return this.#slots.has(hash);
  }

  /** -1 where there is none. Good until `version` grows. */
  slotOf(hash: string): number {
    return this.#slots.get(hash) ?? -1;
  }

  put(hash: string, { bytes, scale }: Quantised): void {
    const slot = this.#slots.get(hash) ?? this.#free.pop() ?? this.#used++;
    this.#reserve(slot);
    this.#slots.set(hash, slot);
    this.version++;
    this.#scales[slot] = scale;
    const at = FIRST_VECTOR + slot * this.#stride;
    new Int8Array(this.#memory.buffer, at, this.#stride).fill(0).set(bytes);
  }

  keepOnly(hashes: ReadonlyMap<string, unknown>): void {
    for (const [hash, slot] of this.#slots) {
      if (hashes.has(hash)) continue;
      this.#slots.delete(hash);
      this.#free.push(slot);
      this.version++;
    }
  }

  /** Cosines of the query with the vectors in these slots. */
  cosines(query: Quantised, slots: Int32Array): Float32Array {
    const cosines = new Float32Array(slots.length);
    const { buffer } = this.#memory;
    new Int8Array(buffer, 0, this.#stride).fill(0).set(query.bytes);
    for (let from = 0; from < slots.length; from += CHUNK) {
      const chunk = slots.subarray(from, from + CHUNK);
      new Int32Array(buffer, SLOTS_AT, chunk.length).set(chunk);
      this.#dots(SLOTS_AT, chunk.length, RESULTS_AT, this.#stride);
      const products = new Int32Array(buffer, RESULTS_AT, chunk.length);
      for (let n = 0; n < chunk.length; n++) cosines[from + n] = products[n]! * query.scale * this.#scales[chunk[n]!]!;
    }
    return cosines;
  }

  #reserve(slot: number): void {
    if (slot >= this.#scales.length) {
      const scales = new Float32Array(2 * slot);
      scales.set(this.#scales);
      this.#scales = scales;
    }
    const missing = FIRST_VECTOR + (slot + 1) * this.#stride - this.#memory.buffer.byteLength;
    // A quarter more each time: what is added is not copied often.
    if (missing > 0) this.#memory.grow(Math.ceil(Math.max(missing, this.#memory.buffer.byteLength / 4) / PAGE));
  }
}
