import type { MatchText, TextMatch, ToolMatcher } from './api.ts';
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
    const like = new GramIndex(grams, numbers).query(query);
    const weights = new Map([...queryTerms(query)].map(([term, count]) => [term, count * index.rarity(term)]));
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0) || 1;
    const words = wordsOf(query);
    return texts.map((each, n) => {
      const has = new Set(fieldsOf(each).flatMap(([text]) => termsOf(text)));
      const shared = [...weights].filter(([term]) => has.has(term)).sort((a, b) => b[1] - a[1]);
      const coverage = shared.reduce((sum, [, weight]) => sum + weight, 0) / total;
      const likeness = like(n);
      const relevance = COVERAGE_SHARE * coverage + (1 - COVERAGE_SHARE) * Math.min(1, likeness / FULL_LIKENESS);
      return { coverage, likeness, relevance, shared: shared.map(([term]) => words.get(term) ?? term) };
    });
  }
}

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
