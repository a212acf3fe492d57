import { COLON, DIGIT, DIGITLESS, KIND, TELLING } from './kinds.ts';
import { type DigestMode, VOLATILE, volatileAt } from './volatile.ts';

export const PRIME = 0x01000193;
/** Units that one scan takes at most. */
const MOST = 65_536;
/** Reading units out of memory is many times faster than asking the string for each. */
const memory = Buffer.allocUnsafeSlow(4 * MOST);
const units = new Uint16Array(memory.buffer, 0, MOST);
const others = new Uint16Array(memory.buffer, 2 * MOST, MOST);

/** FNV-1a over `text` from `from` to `to`, going on from `seed`, in one pass: volatile words count as one and the same. */
export function scan(text: string, from: number, to: number, seed: number, mode: DigestMode): number {
  const count = Math.min(to - from, MOST);
  if (count < 48) for (let at = 0; at < count; at++) units[at] = text.charCodeAt(from + at);
  else memory.write(text.slice(from, from + count), 0, 'utf16le');
  let hash = seed;
  // A word that proves volatile at its end takes the hash back to where the word began.
  let before = seed;
  let begin = -1;
  let kinds = 0;
  let last = -1;
  let lastEnd = -1;
  for (let at = 0; at < count; at++) {
    const unit = units[at]!;
    let kind = KIND[unit]!;
    if (
      kind === COLON &&
      !(at > 0 && at + 1 < count && KIND[units[at - 1]!] === DIGIT && KIND[units[at + 1]!] === DIGIT)
    )
      kind = 0;
    if (kind === 0) {
      if (begin >= 0) {
        if (
          (kinds & TELLING) !== 0 &&
          volatileAt(text, from + begin, from + at, kinds, from + last, from + lastEnd, mode)
        )
          hash = Math.imul(before ^ VOLATILE, PRIME);
        last = begin;
        lastEnd = at;
        begin = -1;
      }
    } else if (begin < 0) {
      begin = at;
      before = hash;
      kinds = kind;
    } else kinds |= kind;
    hash = Math.imul(hash ^ unit, PRIME);
  }
  const isVolatile =
    begin >= 0 &&
    (kinds & TELLING) !== 0 &&
    volatileAt(text, from + begin, from + count, kinds, from + last, from + lastEnd, mode);
  return isVolatile ? Math.imul(before ^ VOLATILE, PRIME) : hash;
}

/** The units from `skip` to `to` of both ends, blind for the value of digits; two hashes side by side cost little more than one. */
export function scanEnds(text: string, skip: number, to: number, seed: number): number {
  const count = Math.min(to - skip, MOST);
  memory.write(text.slice(skip, skip + count), 0, 'utf16le');
  memory.write(text.slice(text.length - skip - count, text.length - skip), 2 * MOST, 'utf16le');
  let hash = seed;
  let other = seed;
  for (let at = 0; at < count; at++) {
    hash = Math.imul(hash ^ DIGITLESS[units[at]!]!, PRIME);
    other = Math.imul(other ^ DIGITLESS[others[at]!]!, PRIME);
  }
  return Math.imul(hash ^ Math.imul(other, PRIME), PRIME);
}
