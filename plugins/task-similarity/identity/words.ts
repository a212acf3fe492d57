import { bounded, isAscii, normal } from '../text/plain-text.ts';
import { STOP_CHARACTERS, STOP_WORDS } from './stop-words.ts';

/** Letters of a word that are looked at: other forms of the same word mostly begin with the same. */
const STEM = 6;
const LONGEST = 64;

/**
 * What a text says, as terms: words by their beginnings; ids, codes, dates and file names as they are, and by their parts;
 * scripts without spaces by pairs of neighbours. Without the words that every request has.
 */
export function termsOf(text: string, most: number): string[] {
  const terms: string[] = [];
  const plain = normal(bounded(text, most)).replace(APOSTROPHES, '');
  const ascii = isAscii(plain);
  for (const found of plain.match(ascii ? ASCII_TOKEN : TOKEN) ?? []) {
    if (!ascii && DENSE.test(found)) pairs(found, terms);
    else if (!JOINED.test(found)) word(found, terms);
    else {
      if (found.length <= LONGEST) terms.push(found);
      for (const part of found.split(JOINED)) word(part, terms);
    }
  }
  return terms;
}

const APOSTROPHES = /['’]/g;
const DENSE = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Letters and digits; a joined name (`2024-05-20`, `src/fields.py`, `a@b.org`) is one token, and so is a run of characters. */
const TOKEN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\p{N}_])+(?:[.\-/:@](?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\p{N}_])+)*/gu;
/** The same where there is nothing but ASCII: several times as fast. */
const ASCII_TOKEN = /[a-z0-9_]+(?:[.\-/:@][a-z0-9_]+)*/g;
const JOINED = /[.\-/:@]/;
/** Numbers, ids, names of files. */
export const SPECIFIC = /[\p{N}_]/u;

function word(found: string, into: string[]): void {
  if (STOP_WORDS.has(found) || found === '') return;
  into.push(SPECIFIC.test(found) ? found.slice(0, LONGEST) : found.slice(0, STEM));
}

function pairs(run: string, into: string[]): void {
  for (const piece of run.split(STOP_CHARACTERS)) {
    if (piece.length === 1) into.push(piece);
    for (let at = 0; at + 1 < piece.length; at++) into.push(piece.slice(at, at + 2));
  }
}
