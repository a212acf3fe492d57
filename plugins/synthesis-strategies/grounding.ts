import type { RunEvidence } from '#plugins/synthesizer/api';
import { VOCABULARY } from './classify.ts';
import { windowOf } from './excerpts.ts';
import { oneLine, withoutMarkup } from './plain-text.ts';
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
  /** All that tools answered, in lower case. */
  readonly #results: string;
  /** Words in order of what a model can have seen of it. */
  #seen: string | undefined;
  readonly #windows: readonly string[];
  readonly #trusted: string;
  /** Some result tells its reader what to make of it. */
  readonly suspicious: boolean;

  constructor(of: RunEvidence, trusted: readonly string[], resultCharacters: number) {
    const results = of.steps.flatMap(({ result }) => (result === undefined ? [] : [result]));
    this.#windows = results.map((result) =>
      windowOf(result, Math.max(resultCharacters, LEAST_WINDOW)).normalize('NFKC'),
    );
    this.suspicious = this.#windows.some(steers);
    this.#results = `${results.join('\n')}\n${this.#windows.join('\n')}`.toLowerCase();
    const said = words(
      [
        ...userTurns(of).map(({ text }) => text),
        ...trusted,
        ...of.steps.map(({ tool }) => nameWords(tool).join(' ')),
      ].join('\n'),
    );
    this.#trusted = row(said);
  }

  /** A name of one to three words; `otherwise` where it is none, or comes from a result. */
  label(answer: string, otherwise: string): string {
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
      return otherwise;
    return words(label).some((word) => this.#tells(word)) ? otherwise : label;
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
    for (let at = 0; at + length <= said.length; at++) {
      const these = said.slice(at, at + length);
      if (these.every(this.#knows)) continue;
      this.#seen ??= row(words(this.#windows.join('\n')));
      const copied = row(these);
      if (this.#seen.includes(copied) && !this.#trusted.includes(copied)) return true;
    }
    return false;
  }

  #knows = (word: string): boolean => word.length < 3 || this.#trusted.includes(` ${stem(word)}`);

  /** A word that a result brought in. In a suspicious run the usual words must be the user's too. */
  #tells(word: string): boolean {
    if (this.#knows(word) || (!this.suspicious && VOCABULARY.has(stem(word)))) return false;
    return hasWord(this.#results, word);
  }
}

const row = (parts: readonly string[]): string => ` ${parts.join(' ')} `;
const words = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{Script=Latin}\p{N}_]+|\p{Script=Han}/gu) ?? [];

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!/[a-z\d]/.test(text[at - 1] ?? '') && !/[a-z\d]/.test(text[at + word.length] ?? '')) return true;
  return false;
}
