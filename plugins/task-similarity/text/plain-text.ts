/**
 * A text by its letters and digits alone: NFKC, lower case, everything else one space. Two texts that differ only in case,
 * width, spaces or punctuation become the same.
 */
export function plainText(text: string): string {
  const lower = normal(text);
  return isAscii(lower)
    ? lower
        .replace(/([a-z])'(?=[a-z])/g, '$1')
        .replace(/[^a-z0-9]+/g, ' ')
        .trim()
    : lower.replace(APOSTROPHES, '').replace(OTHERS, ' ').replace(GAPS, '').trim();
}

/** NFKC, which has nothing to change in ASCII, and lower case. */
export const normal = (text: string): string => (isAscii(text) ? text : text.normalize('NFKC')).toLowerCase();

export const isAscii = (text: string): boolean => ASCII.test(text);

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what ASCII is
const ASCII = /^[\x00-\x7f]*$/;
const APOSTROPHES = /(?<=\p{L})['’](?=\p{L})/gu;
const OTHERS = /[^\p{L}\p{M}\p{N}]+/gu;
/** Between characters of a script that has no spaces. */
const GAPS =
  /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]) (?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/gu;

/** Head and tail of a text that is longer than is looked at. */
export function bounded(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = most >> 1;
  return `${text.slice(0, half)} ${text.slice(text.length - half)}`;
}
