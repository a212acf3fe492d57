import type { MatchText, TextMatch, ToolMatcher } from './api.ts';
import { inEnglish, wordsInEnglish } from './chinese.ts';
import { GramNumbers } from './gram-numbers.ts';
import { GramIndex, readGrams } from './grams.ts';
import { parameterText } from './searched.ts';
import { queryTerms, TextIndex } from './text-index.ts';
import { type Fields, Vocabulary } from './vocabulary.ts';
import { termsOf } from './words.ts';

/** Of a query whose words stand in the text, and whose characters are like it. */
const COVERAGE_SHARE = 0.7;
/** Whole texts are longer than queries: a cosine of so much is as like as they get. */
const FULL_LIKENESS = 0.5;

/** Judges lists that nobody keeps: what is rare is told from the list itself. */
export class ListMatcher implements ToolMatcher {
  match(query: string, texts: readonly MatchText[]): readonly TextMatch[] {
    const vocabulary = new Vocabulary();
    const read = texts.map((text) => vocabulary.read(fieldsOf(text)));
    const index = new TextIndex(read, vocabulary, { k1: 2, b: 0.9, cosine: 0 });
    const numbers = new GramNumbers();
    const grams = texts.map((text) => readGrams(plainText(text), numbers));
    const likeBy = new GramIndex(grams, numbers);
    const has = texts.map((each) => new Set(fieldsOf(each).flatMap(([text]) => termsOf(text))));
    const as = (said: string, needs: readonly Need[]): readonly TextMatch[] => {
      const like = likeBy.query(said);
      const weighed = needs.map(({ terms, count, word }) => {
        return { terms, word, weight: count * Math.min(...terms.map((term) => index.rarity(term))) };
      });
      const total = weighed.reduce((sum, { weight }) => sum + weight, 0) || 1;
      return texts.map((_, n) => {
        const met = weighed.filter(({ terms }) => terms.some((term) => has[n]!.has(term)));
        const coverage = met.reduce((sum, { weight }) => sum + weight, 0) / total;
        const likeness = like(n);
        const relevance = COVERAGE_SHARE * coverage + (1 - COVERAGE_SHARE) * Math.min(1, likeness / FULL_LIKENESS);
        const shared = met.sort((a, b) => b.weight - a.weight).map(({ word }) => word);
        return { coverage, likeness, relevance, shared };
      });
    };
    const own = as(query, needsOf(query));
    const english = inEnglish(query);
    if (english === undefined) return own;
    // A text in English is compared with what the query would be in English.
    const translated = as(english, [...needsOf(latin(query)), ...translatedNeeds(query)]);
    return own.map((match, n) => (translated[n]!.relevance > match.relevance ? translated[n]! : match));
  }

  english(query: string): string | undefined {
    return inEnglish(query);
  }
}

/** Something that a query asks for, by any of its terms. */
interface Need {
  readonly terms: readonly string[];
  readonly count: number;
  /** For people to read. */
  readonly word: string;
}

function needsOf(query: string): Need[] {
  const words = wordsOf(query);
  return [...queryTerms(query)].map(([term, count]) => ({ terms: [term], count, word: words.get(term) ?? term }));
}

/** A Chinese word is met by any of the English words for it. */
const translatedNeeds = (query: string): Need[] =>
  wordsInEnglish(query).flatMap((called) => {
    const terms = called.flatMap((word) => termsOf(word));
    return terms.length === 0 ? [] : [{ terms, count: 1, word: called[0]! }];
  });

const latin = (query: string): string => query.replace(/\p{Script=Han}+/gu, ' ');

const fieldsOf = ({ name, description = '', capabilities = [], parameters }: MatchText): Fields => [
  [name, 2],
  [description, 1],
  [capabilities.join(' '), 1],
  [parameterText((parameters as { properties?: unknown } | undefined)?.properties ?? parameters), 1],
];

const plainText = ({ name, description = '', capabilities = [] }: MatchText): string =>
  [name, capabilities.join(' '), description].join(' ');

/** A term with a word that it came from, for people to read. */
function wordsOf(query: string): Map<string, string> {
  const words = new Map<string, string>();
  for (const [word] of query.matchAll(/[\p{L}\p{N}]+/gu))
    for (const term of termsOf(word)) if (!/\p{Script=Han}/u.test(term)) words.set(term, word.toLowerCase());
  return words;
}
