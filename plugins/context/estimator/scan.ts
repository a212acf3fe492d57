import {
  ACCENTED_VIETNAMESE,
  CLASS_OF,
  DIGIT,
  HAN_FREQUENT,
  HAN_LITERARY,
  NEWLINE,
  PUNCTUATION,
  SPACE,
  SURROGATE,
} from './character-classes.ts';
import { indexOf } from './features.ts';
import { hanRun, scriptRun } from './script-runs.ts';
import { surrogateRun } from './surrogate-run.ts';
import { alphanumericRun } from './word-run.ts';

const PUNCTUATION_GLUED = indexOf('punctuationGlued');
const PUNCTUATION_RUN = indexOf('punctuationRun');
const PUNCTUATIONS = indexOf('punctuation');
const PUNCTUATION_CHANGE = indexOf('punctuationChange');
const SPACE_RUN = indexOf('spaceRun');
const SPACES = indexOf('space');
const NEWLINE_AFTER_PUNCTUATION = indexOf('newlineAfterPunctuation');
const NEWLINE_RUN = indexOf('newline');
const BLANK_LINE = indexOf('blankLine');
const WORD = indexOf('word');
const OVER4 = indexOf('wordOver4');
const ACCENTED_WORD = indexOf('accentedWord');
const ACCENT_SHARE_WORD = indexOf('accentShareWord');
const ACCENT_SHARE_OVER4 = indexOf('accentShareOver4');

/** Where every third word has an accent, the text is surely not English, and words without accents are rarer ones, too. */
const SURELY_FOREIGN = 1 / 3;

/** Counts the features of a text into `counts`, which must hold zeros; one pass over the UTF-16 units. */
export function scan(text: string, counts: Float64Array): void {
  const end = text.length;
  let before = NEWLINE;
  let at = 0;
  while (at < end) {
    const start = at;
    const cls = CLASS_OF[text.charCodeAt(at)]!;
    if (cls <= DIGIT) at = alphanumericRun(text, at, before, counts);
    else if (cls === SPACE) {
      at = endOf(text, at + 1, SPACE);
      if (at - start > 1) {
        counts[SPACE_RUN]! += 1;
        counts[SPACES]! += at - start;
      }
    } else if (cls === PUNCTUATION) at = punctuationRun(text, at, before, counts);
    else if (cls === NEWLINE) {
      at = endOf(text, at + 1, NEWLINE);
      counts[before === PUNCTUATION ? NEWLINE_AFTER_PUNCTUATION : NEWLINE_RUN]! += 1;
      if (at - start > 1) counts[BLANK_LINE]! += 1;
    } else if (cls >= HAN_FREQUENT && cls <= HAN_LITERARY) at = hanRun(text, at, counts);
    else if (cls === SURROGATE) at = surrogateRun(text, at, counts);
    else {
      at = endOf(text, at + 1, cls);
      scriptRun(cls, at - start, before, counts);
    }
    before = cls;
  }
  const accented = counts[ACCENTED_WORD]!;
  if (accented > 0) {
    const share = Math.min(1, accented / counts[WORD]! / SURELY_FOREIGN);
    counts[ACCENT_SHARE_WORD] = counts[WORD]! * share;
    counts[ACCENT_SHARE_OVER4] = counts[OVER4]! * share;
  }
}

function endOf(text: string, from: number, cls: number): number {
  let at = from;
  while (at < text.length && CLASS_OF[text.charCodeAt(at)] === cls) at++;
  return at;
}

function punctuationRun(text: string, start: number, before: number, counts: Float64Array): number {
  let last = text.charCodeAt(start);
  let cls = PUNCTUATION;
  let at = start + 1;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    cls = CLASS_OF[unit]!;
    if (cls !== PUNCTUATION) break;
    if (unit !== last) counts[PUNCTUATION_CHANGE]! += 1;
    last = unit;
  }
  // One sign right before a word is often one token with it: .name, _id, 's.
  if (at === start + 1 && before !== SPACE && cls <= ACCENTED_VIETNAMESE) counts[PUNCTUATION_GLUED]! += 1;
  else {
    counts[PUNCTUATION_RUN]! += 1;
    counts[PUNCTUATIONS]! += at - start;
  }
  return at;
}
