import { type Lexicon, theLexicon } from './lexicon.ts';
import { STOP_WORDS } from './stop-words.ts';

/** What a text is about. */
export interface Terms {
  /** Known words, distinct, with their weight. */
  readonly known: ReadonlyMap<number, number>;
  /** Unknown words and pairs of Chinese characters, with their weight: they meet only themselves. */
  readonly unknown: ReadonlyMap<string, number>;
  readonly total: number;
}

const HAN = /\p{Script=Han}+/gu;
const WORD = /[\p{L}\p{N}]+/gu;
const UNKNOWN_WEIGHT = 0.7;
const PAIR_WEIGHT = 0.6;
/** A name or number in a need is mostly a value for a parameter, not what the tool must do. */
const VALUE_SHARE = 0.35;

/** `asNeed`: capital letters within a sentence and numbers mark values. Tool names use capitals for other ends. */
export function termsOf(text: string, asNeed: boolean, lexicon: Lexicon = theLexicon()): Terms {
  const known = new Map<number, number>();
  const unknown = new Map<string, number>();
  const plain = text.normalize('NFKC');
  for (const [run] of plain.matchAll(HAN)) {
    if (run.length === 1) unknown.set(run, PAIR_WEIGHT);
    for (let at = 0; at + 1 < run.length; at++) {
      const pair = run.slice(at, at + 2);
      if (!STOP_WORDS.has(pair)) unknown.set(pair, PAIR_WEIGHT);
    }
  }
  const split = asNeed
    ? plain
    : plain.replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2').replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  for (const match of split.replace(HAN, ' ').matchAll(WORD)) {
    const word = match[0].toLowerCase();
    if (STOP_WORDS.has(word) || (word.length === 1 && !/\p{Script=Han}/u.test(word))) continue;
    const value = asNeed && (/\p{N}/u.test(word) || isName(split, match[0], match.index));
    const id = lexicon.idOf(word);
    if (id === undefined) put(unknown, word, UNKNOWN_WEIGHT * (value ? VALUE_SHARE : 1));
    else put(known, id, weightOf(lexicon.rarityOf(id)) * (value ? VALUE_SHARE : 1));
  }
  let total = 0;
  for (const weight of known.values()) total += weight;
  for (const weight of unknown.values()) total += weight;
  return { known, unknown, total };
}

/** What stands in the second alone counts a share of its weight. */
export function withLater(first: Terms, later: Terms, share: number): Terms {
  const known = new Map(first.known);
  const unknown = new Map(first.unknown);
  let total = first.total;
  for (const [id, weight] of later.known) if (!known.has(id)) total += add(known, id, weight * share);
  for (const [word, weight] of later.unknown) if (!unknown.has(word)) total += add(unknown, word, weight * share);
  return { known, unknown, total };
}
function add<K>(weights: Map<K, number>, key: K, weight: number): number {
  weights.set(key, weight);
  return weight;
}

/** Words that every text has tell nothing; from there on rarer ones tell more. */
export const weightOf = (rarity: number): number => Math.max(0.05, (rarity - 0.35) / 0.65);

function put<K>(weights: Map<K, number>, key: K, weight: number): void {
  weights.set(key, Math.max(weight, weights.get(key) ?? 0));
}

/** Starts with a capital, not at the start of a sentence. */
function isName(text: string, word: string, at: number): boolean {
  if (!/^\p{Lu}/u.test(word)) return false;
  const before = text.slice(Math.max(0, at - 3), at).trimEnd();
  return before !== '' && !/[.!?:"'(]$/.test(before);
}
