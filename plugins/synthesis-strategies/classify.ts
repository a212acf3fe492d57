import type { Brief } from './brief.ts';
import { stemsOf } from './sentences.ts';
import { bareName, nameWords, serverOf, type Use } from './uses.ts';
import { DOMAINS, OTHER_DOMAIN } from './words/domains.ts';
import { type Kind, OTHER_TASK, TASK_TYPES } from './words/task-types.ts';

interface Index {
  readonly kinds: readonly Kind[];
  /** Stem, or stems with blanks between, to kinds. */
  readonly words: ReadonlyMap<string, readonly number[]>;
  /** Beginnings of phrases: only these are looked at further. */
  readonly beginnings: ReadonlySet<string>;
  readonly chinese: readonly (readonly [string, number])[];
  readonly tools: ReadonlyMap<string, readonly number[]>;
}

const listed = (text: string | undefined): string[] => (text === undefined ? [] : text.split(', '));

function indexOf(kinds: readonly Kind[]): Index {
  const words = new Map<string, number[]>();
  const tools = new Map<string, number[]>();
  const put = (map: Map<string, number[]>, key: string, kind: number): void =>
    void map.set(key, [...(map.get(key) ?? []), kind]);
  kinds.forEach((kind, index) => {
    for (const phrase of listed(kind.words)) put(words, stemsOf(phrase).join(' '), index);
    for (const word of listed(kind.tools)) put(tools, word, index);
  });
  return {
    kinds,
    words,
    beginnings: new Set(
      [...words.keys()].flatMap((key) => [...key.matchAll(/ /g)].map(({ index }) => key.slice(0, index))),
    ),
    chinese: kinds.flatMap((kind, index) => listed(kind.chinese).map((word) => [word, index] as const)),
    tools,
  };
}

const TYPES = indexOf(TASK_TYPES);
const FIELDS = indexOf(DOMAINS);

interface Stemmed {
  readonly text: string;
  readonly stems: readonly string[];
}
const stemmed = (text: string): Stemmed => ({ text, stems: stemsOf(text) });

/** Adds up what speaks for each kind; each word counts once a text. */
class Tally {
  readonly #index: Index;
  readonly #scores: number[];

  constructor(index: Index) {
    this.#index = index;
    this.#scores = index.kinds.map(() => 0);
  }

  text({ text, stems }: Stemmed, weight: number): this {
    const { words, beginnings, chinese } = this.#index;
    const seen = new Set<string>();
    for (let at = 0; at < stems.length; at++) {
      let phrase = stems[at]!;
      for (let next = at + 1; ; next++) {
        const kinds = words.get(phrase);
        if (kinds !== undefined && !seen.has(phrase)) {
          seen.add(phrase);
          // A phrase says more than a word.
          for (const kind of kinds) this.#scores[kind]! += weight * (next - at > 1 ? 1.5 : 1);
        }
        if (next >= stems.length || !beginnings.has(phrase)) break;
        phrase += ` ${stems[next]}`;
      }
    }
    for (const [word, kind] of chinese) if (text.includes(word)) this.#scores[kind]! += weight;
    return this;
  }

  tool(name: string, weight: number): this {
    for (const word of new Set(nameWords(name)))
      for (const kind of this.#index.tools.get(word) ?? []) this.#scores[kind]! += weight;
    return this;
  }

  best(other: string, unchanged = false): string {
    const scores = this.#scores.map((score, at) => {
      const { weight = 1, changes } = this.#index.kinds[at]!;
      return score * weight * (unchanged && changes === true ? 0.3 : 1);
    });
    const most = Math.max(...scores);
    return most <= 0.25 ? other : this.#index.kinds[scores.indexOf(most)]!.name;
  }
}

/** From what was asked first, what was asked later, and the tools that changed something. */
export function taskTypeOf(brief: Brief, uses: readonly Use[]): string {
  const { head, rest } = weighed(brief);
  const tally = new Tally(TYPES).text(head, 3).text(rest, 1);
  const did = uses.filter(({ failed }) => !failed);
  for (const tool of new Set(did.filter(({ kind }) => kind === 'effect').map(({ step }) => step.tool)))
    tally.tool(bareName(tool), 3);
  for (const tool of new Set(did.filter(({ kind }) => kind === 'lookup').map(({ step }) => step.tool)))
    tally.tool(bareName(tool), 0.5);
  return tally.best(
    OTHER_TASK,
    brief.whole !== undefined && did.length > 0 && did.every(({ kind }) => kind === 'lookup' || kind === 'thinking'),
  );
}

/** From all that the user said, the tools and their servers, and a little of the system prompt's beginning. */
export function domainOf(brief: Brief, uses: readonly Use[], system: string): string {
  const { head, rest } = weighed(brief);
  const tally = new Tally(FIELDS)
    .text(head, 2)
    .text(rest, 1)
    .text(stemmed(system.slice(0, 400)), 0.5);
  for (const tool of new Set(uses.map(({ step }) => step.tool)))
    tally.tool(bareName(tool), 0.75).tool(serverOf(tool), 1);
  return tally.best(OTHER_DOMAIN);
}

const HEAD = 400;
const weights = new WeakMap<Brief, { readonly head: Stemmed; readonly rest: Stemmed }>();
function weighed(brief: Brief): { readonly head: Stemmed; readonly rest: Stemmed } {
  const known = weights.get(brief);
  if (known !== undefined) return known;
  const { whole, goals, facts } = brief;
  const [head, rest] =
    whole === undefined
      ? [goals.slice(0, 2).join(' '), [...goals.slice(2), ...facts].join(' ').slice(0, 2000)]
      : [whole.slice(0, HEAD), whole.slice(HEAD, 2000)];
  const made = { head: stemmed(head), rest: stemmed(rest) };
  weights.set(brief, made);
  return made;
}

/** Words that essences made here may use: an answer with one of them brings nothing new in. */
export const VOCABULARY: ReadonlySet<string> = new Set(
  [...TASK_TYPES, ...DOMAINS].flatMap(({ name, words }) => [
    ...stemsOf(name),
    ...listed(words).flatMap((word) => stemsOf(word)),
  ]),
);
