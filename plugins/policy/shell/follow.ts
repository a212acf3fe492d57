import type { Word } from './script.ts';

/** What is found inside of a command, told to who reads it. */
export interface Follow {
  /** A program with its arguments. */
  run(words: readonly Word[]): void;
  /** A text that a shell reads. */
  script(script: Word): void;
  /** The same command in another form, for rules to match. */
  note(name: string, words: readonly Word[]): void;
  assign(assignment: Word): void;
  fail(why: string | undefined): void;
}

export const joined = (words: readonly Word[]): Word => ({
  text: words.map((each) => each.text).join(' '),
  open: words.some((each) => each.open),
  bare: false,
  pattern: false,
});

/** With another text in the place of `{}` when it runs: what it is then is not known. */
export const filled = (words: readonly Word[], place: string): readonly Word[] =>
  words.map((each) => (each.text.includes(place) ? { ...each, open: true } : each));
