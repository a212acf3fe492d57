import { hashOf } from './hash.ts';

/** Characters of a gram, and of one that begins with a character of a script whose words are one or two characters long. */
const LENGTH = 5;
const DENSE_LENGTH = 2;

/**
 * Hashes of the character n-grams of a plain text, one for each place. A text that is shorter than one gram is one gram.
 * Valid until the next call.
 */
export function gramsAt(text: string): Uint32Array {
  if (text.length > room.length) room = new Uint32Array(2 * text.length);
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const end = at + (isDense(text.charCodeAt(at)) ? DENSE_LENGTH : LENGTH);
    if (end <= text.length) room[count++] = hashOf(text, at, end);
  }
  if (count === 0 && text !== '') room[count++] = hashOf(text);
  return room.subarray(0, count);
}

let room = new Uint32Array(4_096);

/** Distinct, sorted, in an array of its own. */
export function gramSet(grams: Uint32Array): Uint32Array {
  const sorted = grams.slice().sort();
  let distinct = 0;
  for (let at = 0; at < sorted.length; at++)
    if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[distinct++] = sorted[at]!;
  return sorted.slice(0, distinct);
}

/** Of two sorted sets: how many elements they share. */
export function shared(a: Uint32Array, b: Uint32Array): number {
  let [i, j, count] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i]!, b[j]!];
    if (x === y) count++;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return count;
}

/** Han, kana, Hangul syllables. */
export const isDense = (code: number): boolean =>
  (code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff);
