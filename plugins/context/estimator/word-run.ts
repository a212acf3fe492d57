import { ACCENTED, ACCENTED_VIETNAMESE, CLASS_OF, CONTROL, DIGIT, LOWER, SPACE, UPPER } from './character-classes.ts';
import { indexOf } from './features.ts';

const WORD = indexOf('word');
const OVER4 = indexOf('wordOver4');
const OVER7 = indexOf('wordOver7');
const OVER11 = indexOf('wordOver11');
const HUMP = indexOf('hump');
const CAPS = indexOf('upper');
const CAPS_OVER2 = indexOf('upperOver2');
const DIGIT_RUN = indexOf('digitRun');
const DIGIT_GROUP = indexOf('digitGroup');
const DIGITS = indexOf('digit');
const SPACE_DIGIT = indexOf('spaceDigit');
const SOUP_MIXED = indexOf('soupMixed');
const SOUP_HEX = indexOf('soupHex');
const ACCENTS = indexOf('accented');
const ACCENTED_WORD = indexOf('accentedWord');

/**
 * Letters and digits with nothing between them: words and numbers, or soup (hashes, ids, base64), which tokenizers cut into
 * pieces of nearly constant length. Returns where the run ends.
 */
export function alphanumericRun(text: string, start: number, before: number, counts: Float64Array): number {
  const end = text.length;
  // Most runs are one plain word, which need no second look.
  let at = start + 1;
  let cls = CLASS_OF[text.charCodeAt(start)]!;
  if (cls <= UPPER) {
    cls = CONTROL;
    for (; at < end; at++) {
      const unit = text.charCodeAt(at);
      if (unit >= 0x61 && unit <= 0x7a) continue;
      cls = CLASS_OF[unit]!;
      break;
    }
    if (cls > DIGIT) {
      countWord(at - start, counts);
      return at;
    }
  }
  return mixedRun(text, start, before, counts);
}

function mixedRun(text: string, start: number, before: number, counts: Float64Array): number {
  let at = start;
  let changes = 0;
  let hex = true;
  let digit = CLASS_OF[text.charCodeAt(start)] === DIGIT;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const cls = CLASS_OF[unit]!;
    if (cls > DIGIT) break;
    if ((cls === DIGIT) !== digit) {
      changes++;
      digit = !digit;
    }
    if (cls !== DIGIT && (unit | 32) > 0x66) hex = false;
  }
  const length = at - start;
  if (changes >= 2) {
    if (hex && length >= 7) {
      counts[SOUP_HEX]! += length;
      return at;
    }
    if (changes >= 3 && length >= 12 && changes * 7.5 >= length) {
      counts[SOUP_MIXED]! += length;
      return at;
    }
  }
  let from = start;
  while (from < at) {
    if (CLASS_OF[text.charCodeAt(from)] === DIGIT) {
      if (from === start && before === SPACE) counts[SPACE_DIGIT]! += 1;
      from = number(text, from, at, counts);
    } else {
      if (from > start) counts[HUMP]! += 1;
      from = word(text, from, at, counts);
    }
  }
  return at;
}

function number(text: string, start: number, end: number, counts: Float64Array): number {
  let at = start + 1;
  while (at < end && CLASS_OF[text.charCodeAt(at)] === DIGIT) at++;
  counts[DIGIT_RUN]! += 1;
  counts[DIGITS]! += at - start;
  counts[DIGIT_GROUP]! += Math.ceil((at - start) / 3);
  return at;
}

/** One word, cut where the case says so: camel|Case, HTTP|Server. */
function word(text: string, start: number, end: number, counts: Float64Array): number {
  let at = start;
  while (at < end && CLASS_OF[text.charCodeAt(at)] === UPPER) at++;
  const capitals = at - start;
  const lower = at;
  let accents = 0;
  for (; at < end; at++) {
    const cls = CLASS_OF[text.charCodeAt(at)]!;
    if (cls === LOWER) continue;
    if (cls < ACCENTED || cls > ACCENTED_VIETNAMESE) break;
    counts[ACCENTS + cls - ACCENTED]! += 1;
    accents++;
  }
  if (accents > 0) counts[ACCENTED_WORD]! += 1;
  if (capitals > 1) {
    const caps = at > lower ? capitals - 1 : capitals;
    if (caps > 1) {
      counts[CAPS]! += 1;
      counts[CAPS_OVER2]! += caps - 2;
    } else counts[WORD]! += 1;
    if (at === lower) return at;
  }
  countWord(at - lower + (capitals > 0 ? 1 : 0), counts);
  return at;
}

function countWord(length: number, counts: Float64Array): void {
  counts[WORD]! += 1;
  if (length <= 4) return;
  counts[OVER4]! += length - 4;
  if (length <= 7) return;
  counts[OVER7]! += length - 7;
  if (length > 11) counts[OVER11]! += length - 11;
}
