import { readFileSync } from 'node:fs';

export const DIMENSIONS = 64;
/** One byte told of the word, then its vector. */
const STRIDE = DIMENSIONS + 1;

/** Vectors of the lexicon's words as a file holds them, made to length 1. */
export interface Vectors {
  readonly told: Uint8Array;
  /** Of word n from `n * DIMENSIONS`. */
  readonly values: Float32Array;
}

export const fileOf = (name: string): Buffer => readFileSync(new URL(name, import.meta.url));

export function readVectors(name: string): Vectors {
  const bytes = fileOf(name);
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = bytes.length / STRIDE;
  const told = new Uint8Array(count);
  const values = new Float32Array(count * DIMENSIONS);
  for (let n = 0; n < count; n++) {
    told[n] = signed[n * STRIDE]!;
    const vector = signed.subarray(n * STRIDE + 1, (n + 1) * STRIDE);
    let square = 0;
    for (const value of vector) square += value * value;
    const length = Math.sqrt(square) || 1;
    for (let d = 0; d < DIMENSIONS; d++) values[n * DIMENSIONS + d] = vector[d]! / length;
  }
  return { told, values };
}

/** The same direction, of length 1; nothing stays nothing. */
export function unit(vector: Float32Array): Float32Array {
  let square = 0;
  for (const value of vector) square += value * value;
  const length = Math.sqrt(square) || 1;
  return vector.map((value) => value / length);
}

/** Cosine of two words of one file. */
export function closenessOf(values: Float32Array, one: number, other: number): number {
  let sum = 0;
  const a = one * DIMENSIONS;
  const b = other * DIMENSIONS;
  for (let d = 0; d < DIMENSIONS; d++) sum += values[a + d]! * values[b + d]!;
  return sum;
}
