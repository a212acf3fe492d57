import type { TaskFacts } from '../api.ts';
import { hashOf } from '../text/hash.ts';
import { bounded, plainText } from '../text/plain-text.ts';
import { argumentTerms } from './argument-terms.ts';
import { SPECIFIC, termsOf } from './words.ts';

export interface DescriptionLimits {
  readonly maxCharacters: number;
  readonly maxArguments: number;
}

/** What a run says about its task, in a form that can be compared. Terms are hashes, sorted. */
export interface Description {
  /** Equal where the users said the same in all turns. */
  readonly said: string;
  /** Equal where the first requests are the same. */
  readonly asked: string;
  readonly text: Uint32Array;
  /** Of each term of the text: 1 + ln of how often it stands there. */
  readonly often: Float32Array;
  /** Of each: whether it stands in the first request. */
  readonly first: Uint8Array;
  /** Of each: whether it is a number, an id, a name of a file. */
  readonly specific: Uint8Array;
  /** How many are. */
  readonly specifics: number;
  readonly requestTerms: number;
  /** From 0, a request that stands alone, to 1, a conversation. */
  readonly talk: number;
  readonly values: Uint32Array;
}

/** Share of new terms after the request from which a run is a conversation. */
const CONVERSED = 0.25;
/** Terms of values are other terms than those of texts: nobody says `economy` as surely as an agent passes it. */
const VALUES = 0x5bd1e995;

export function describe(facts: TaskFacts, limits: DescriptionLimits): Description {
  // The first turn may have more around it than the request.
  const turns = [facts.request, ...facts.turns.slice(1)];
  const plain = turns.map((turn) => wordsOrSigns(bounded(turn, limits.maxCharacters)));
  const asked = plain[0]!;
  const counts = new Map<number, { often: number; readonly first: boolean; readonly specific: boolean }>();
  let left = limits.maxCharacters;
  turns.forEach((turn, place) => {
    const terms = left > 0 ? termsOf(turn, left) : [];
    left -= turn.length;
    for (const term of terms) {
      const hash = hashOf(term);
      const counted = counts.get(hash);
      if (counted === undefined) counts.set(hash, { often: 1, first: place === 0, specific: SPECIFIC.test(term) });
      else counted.often++;
    }
  });
  const text = Uint32Array.from(counts.keys()).sort();
  const often = new Float32Array(text.length);
  const [first, specific] = [new Uint8Array(text.length), new Uint8Array(text.length)];
  let requestTerms = 0;
  text.forEach((term, at) => {
    const counted = counts.get(term)!;
    often[at] = 1 + Math.log(counted.often);
    first[at] = counted.first ? 1 : 0;
    specific[at] = counted.specific ? 1 : 0;
    requestTerms += first[at]!;
  });
  return {
    // Who said nothing said nothing that another could have said too.
    said: plain.some((turn) => turn !== '') ? plain.join('\n') : `\n${facts.id}`,
    asked,
    text,
    often,
    first,
    specific,
    specifics: specific.reduce((sum, each) => sum + each, 0),
    requestTerms,
    talk: text.length === 0 ? 0 : Math.min(1, (text.length - requestTerms) / text.length / CONVERSED),
    values: Uint32Array.from(argumentTerms(facts.argumentValues, limits.maxArguments), (term) =>
      hashOf(term, 0, term.length, VALUES),
    ).sort(),
  };
}

const wordsOrSigns = (text: string): string => plainText(text) || text.trim();
