import { stemmer } from 'stemmer';
import { STOP_WORDS } from './stop-words.ts';

const HAN = /\p{Script=Han}+/gu;
const WORD = /[\p{L}\p{N}]+/gu;
const LONGEST = 40;

/**
 * The terms of a text: words of camelCase, snake_case and kebab-case names split, lower case, without those that every
 * text has, cut to their stems (Porter 1980); Chinese as pairs of neighbouring characters, for it has no spaces.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  const split = text
    .normalize('NFKC')
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  for (const [run] of split.matchAll(HAN)) {
    if (run.length === 1) terms.push(run);
    for (let at = 0; at + 1 < run.length; at++) terms.push(run.slice(at, at + 2));
  }
  for (const [found] of split.replace(HAN, ' ').matchAll(WORD)) {
    const word = found.toLowerCase();
    if (word.length > LONGEST || STOP_WORDS.has(word)) continue;
    terms.push(stemOf(word));
  }
  return terms;
}

const MOST_STEMS = 50_000;
const stems = new Map<string, string>();

/** Stemming costs more than looking up: texts repeat their words. */
function stemOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  const stem = stemmer(word);
  if (stems.size >= MOST_STEMS) stems.clear();
  stems.set(word, stem);
  return stem;
}
