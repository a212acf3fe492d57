import { FORGED, NARROW, type Patterns, STRONG, WEAK } from './words/steering.ts';

/** One expression for each place where patterns begin: for most texts it says no at once, which one for all of them cannot. */
function anyOf({ word, chinese, other }: Patterns): (text: string) => boolean {
  const atWord = new RegExp(String.raw`\b(?:${word.join('|')})`, 'i');
  const anywhere = new RegExp(other.join('|'), 'i');
  const inChinese = new RegExp(chinese.join('|'), 'i');
  return (text) => atWord.test(text) || anywhere.test(text) || inChinese.test(text);
}

/** Look-alikes and separators are undone before looking, so that `ｉｇｎｏｒｅ` and `i-g-n-o-r-e` are seen as well. */
export const folded = (text: string): string =>
  text.normalize('NFKC').replace(/\b(?:\w[-_.*·]){4,}\w\b/g, (spelt) => spelt.replace(/\W|_/g, ''));

/** Whether what a tool answered, or a model made of it, tells the reader what to make of the record. */
export const steers = anyOf(STRONG);

/** The same for what a user wrote, who may well speak of domains, complexity and rules. */
export const overrides = anyOf(NARROW);

/** Pretends to be part of a prompt. */
export const isForged = (text: string): boolean => FORGED.test(text);

const weak = anyOf(WEAK);
/** No request is shorter than a word of three letters, or has none. */
const HAS_WORD = /[a-z]{3}|[^\0-\x7f]/i;
export const asksReader = (piece: string): boolean =>
  HAS_WORD.test(piece) && weak(piece.trim().replace(/^[^\p{L}\d]+/u, ''));

const PIECE = /[.!?。！？;；\n|{}]+(?:\s+|$)|\n+|[。！？；]+|\\n/;

/** A text by others without sentences that could be taken for instructions; empty where nothing else is in it. */
export function disarmed(text: string): string {
  const plain = folded(text);
  if (isForged(plain)) return '';
  const pieces = plain.split(PIECE);
  const strong = steers(plain);
  if (!strong && !pieces.some(asksReader)) return text;
  const joined = pieces
    .filter((piece) => !asksReader(piece) && !(strong && steers(piece)))
    .join('. ')
    .trim();
  // Spread over several pieces it is still one instruction.
  return steers(joined) ? '' : joined;
}
