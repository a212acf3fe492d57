import type { RunEvidence } from '#plugins/synthesizer/api';
import { VOCABULARY } from './classify.ts';
import { windowOf } from './excerpts.ts';
import { oneLine, withoutMarkup } from './plain-text.ts';
import { remembered } from './remembered.ts';
import { sentencesOf, stem } from './sentences.ts';
import { disarmed, steers } from './steering.ts';
import { userTurns } from './turns.ts';
import { nameWords } from './uses.ts';

/** So many words in a row that a model cannot have by chance. */
const RUN_OF_WORDS = 5;
/** Characters of a result's window where models are shown none. */
const LEAST_WINDOW = 160;

/**
 * Tells what of a model's answer can only come from what tools answered: neither the user, nor the names of tools, nor code
 * said it. Such words are results, which do not belong into a task, or instructions that were hidden in them.
 */
export class Grounding {
  readonly #results: readonly string[];
  readonly #windows: readonly string[];
  readonly #told: () => readonly string[];
  /** Words in order of what the user said, and of the names of tools. */
  readonly #said: string;
  readonly #tools: string;
  #trusted: string | undefined;
  #seen: string | undefined;
  #answered: string | undefined;
  /** Some result tells its reader what to make of it. */
  readonly suspicious: boolean;

  /** `told`: what else may be repeated; asked for where something was found that stands in a result alone. */
  constructor(of: RunEvidence, told: () => readonly string[], resultCharacters: number) {
    this.#results = of.steps.flatMap(({ result }) => (result === undefined ? [] : [result]));
    this.#windows = this.#results.map((result) =>
      windowOf(result, Math.max(resultCharacters, LEAST_WINDOW)).normalize('NFKC'),
    );
    this.#told = told;
    this.suspicious = this.#windows.some(windowSteers);
    this.#said = row(
      words(
        userTurns(of)
          .map(({ text }) => text)
          .join('\n'),
      ),
    );
    this.#tools = row(words(of.steps.map(({ tool }) => nameWords(tool).join(' ')).join('\n')));
  }

  /** A name of one to three words; undefined where it is none, or comes from a result. */
  label(answer: string): string | undefined {
    const label = withoutMarkup(answer)
      .toLowerCase()
      .replace(/[_\s]+/g, ' ')
      .trim();
    if (
      label.length < 2 ||
      label.length > 40 ||
      label.split(' ').length > 3 ||
      !/^[\p{L}\p{N}][\p{L}\p{N} &/'+.-]*$/u.test(label) ||
      steers(label)
    )
      return undefined;
    return words(label).some((word) => this.#tells(word)) ? undefined : label;
  }

  /** Texts of which nothing is left are gone. */
  texts(answers: readonly string[], most: number, longest: number): string[] {
    const texts = answers.map((answer) => this.text(answer)).filter((text) => text !== '' && text.length <= longest);
    return [...new Set(texts)].slice(0, most);
  }

  /** The sentences of an answer that are clean and do not repeat a result. */
  text(answer: string): string {
    const lines = answer.split('\n').map((line) => {
      const sentences = sentencesOf(withoutMarkup(line)).filter((sentence) => this.#clean(sentence));
      return sentences.join(/\p{Script=Han}/u.test(line) ? '' : ' ');
    });
    const text = lines.filter((line) => line !== '').join('\n');
    return steers(oneLine(text)) ? '' : text;
  }

  #clean(sentence: string): boolean {
    if (steers(sentence) || (this.suspicious && disarmed(sentence) !== sentence && this.#copies(sentence, 2)))
      return false;
    return !this.#copies(sentence, this.suspicious ? 3 : RUN_OF_WORDS);
  }

  /** Whether `many` words in a row stand in a result and in nothing else. */
  #copies(sentence: string, many: number): boolean {
    const said = words(sentence);
    const length = Math.min(many, said.length);
    const known = said.map((word) => this.#knows(word));
    for (let at = 0; at + length <= said.length; at++) {
      if (!known.slice(at, at + length).includes(false)) continue;
      const these = said.slice(at, at + length);
      const copied = row(these);
      if (!this.#seenWords.includes(copied)) continue;
      if (these.every((word) => this.#knows(word) || this.#trusts(word))) continue;
      if (!this.#trustedWords.includes(copied)) return true;
    }
    return false;
  }

  /** By the user or as a tool. */
  #knows(word: string): boolean {
    if (word.length < 3) return true;
    const start = ` ${stem(word)}`;
    return this.#said.includes(start) || this.#tools.includes(start);
  }
  #trusts(word: string): boolean {
    return this.#trustedWords.includes(` ${stem(word)}`);
  }

  /** A word that a result brought in. In a suspicious run the usual words must be the user's too. */
  #tells(word: string): boolean {
    if (this.#knows(word) || (!this.suspicious && VOCABULARY.has(stem(word)))) return false;
    this.#answered ??= `${this.#results.join('\n')}\n${this.#windows.join('\n')}`.toLowerCase();
    return hasWord(this.#answered, word) && !this.#trusts(word);
  }

  /** Of what a model can have seen of results. */
  get #seenWords(): string {
    this.#seen ??= row(words(this.#windows.join('\n')));
    return this.#seen;
  }
  /** Of all that may be repeated. */
  get #trustedWords(): string {
    this.#trusted ??= `${this.#said}${words(this.#told().join('\n')).join(' ')}${this.#tools}`;
    return this.#trusted;
  }
}

const windowSteers = remembered(steers);

const row = (parts: readonly string[]): string => ` ${parts.join(' ')} `;
const ASCII = /^[\0-\x7f]*$/;
const words = (text: string): string[] =>
  (ASCII.test(text)
    ? text.toLowerCase().match(/[a-z\d_]+/g)
    : text
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{Script=Latin}\p{N}_]+|\p{Script=Han}/gu)) ?? [];

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!/[a-z\d]/.test(text[at - 1] ?? '') && !/[a-z\d]/.test(text[at + word.length] ?? '')) return true;
  return false;
}
