const HAN = /\p{Script=Han}+/gu;
const WORD = /[\p{L}\p{N}]+/gu;

/**
 * The terms of a text: words of camelCase, snake_case and kebab-case names split, lower case, English plurals and
 * verb endings cut; Chinese as pairs of neighbouring characters, for it has no spaces.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  const split = text.replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2');
  for (const [run] of split.matchAll(HAN)) {
    if (run.length === 1) terms.push(run);
    for (let at = 0; at + 1 < run.length; at++) terms.push(run.slice(at, at + 2));
  }
  for (const [word] of split.replace(HAN, ' ').matchAll(WORD)) terms.push(stem(word.toLowerCase()));
  return terms;
}

/** Enough for tool descriptions: files -> file, queries -> query, searching -> search, created -> creat. */
function stem(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 5 && word.endsWith('ing')) return word.slice(0, -3);
  if (word.length > 4 && word.endsWith('ed')) return word.slice(0, -2);
  if (word.length > 3 && word.endsWith('s') && !word.endsWith('ss')) return word.slice(0, -1);
  return word;
}
