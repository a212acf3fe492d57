import type { SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import { holds, namesIn, valuesIn } from './distinctive.ts';
import { saidBy, userText, wordsOnly } from './own-words.ts';
import { failed, passed, unverified, type Verdict } from './verdict.ts';
import { TELLS_ANSWER, TELLS_NOTHING } from './words/answers.ts';

export interface AnswerLimits {
  /** So many words in a row of the answer give it away. */
  readonly words: number;
  /** The same for Chinese characters. */
  readonly characters: number;
  /** Answers are read so far. */
  readonly answerCharacters: number;
}

/** In an answer so short every name counts; a long one shares one with many a task. */
const SHORT_ANSWER = 400;
const SHORT = 80;
/** A sentence of fewer is said by many. */
const LEAST_WORDS = 6;
const LEAST_CHARACTERS = 10;
const MOST_SHOWN = 200;

/** What an agent is to find out does not stand in the task. */
export class AnswerLeakCheck implements SeedCheck {
  readonly #limits: AnswerLimits;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  async check(seed: SeedDraft, evidence: SeedEvidence): Promise<Verdict> {
    const given = new Given(evidence);
    const answer = finalAnswer(evidence).slice(0, this.#limits.answerCharacters);
    const task = ownLines([seed.description, ...seed.constraints], given);
    const text = [...task, ...ownLines(seed.success_criteria, given)].join('\n');
    const what =
      this.#copied(task, text, answer, given, evidence) ??
      shortAnswer(text, answer, given) ??
      revealed(text, answer, given, evidence);
    if (what !== undefined) return failed(`the task tells its answer: ${JSON.stringify(what.slice(0, MOST_SHOWN))}`);
    return answer.trim() === '' && evidence.steps.length === 0 ? unverified('the run has no answer') : passed;
  }

  /** Whole sentences, and so many words in a row, that only the agent said. */
  #copied(
    task: readonly string[],
    text: string,
    answer: string,
    given: Given,
    evidence: SeedEvidence,
  ): string | undefined {
    const { words, characters, answerCharacters } = this.#limits;
    if (text === '') return undefined;
    const answers = [answer, ...saidBy(evidence, 'assistant').toReversed()].join('\n').slice(0, answerCharacters);
    const stands = wordStandsIn(answers);
    const rows = [
      ...task
        .flatMap((line) => line.split(SENTENCE))
        .filter(isSentence)
        .map(wordsOnly),
      ...rowsOf(text, words, characters, stands),
    ].filter((row) => row.split(' ').every(stands));
    if (rows.length === 0) return undefined;
    const said = wordsOnly(answers);
    return rows.find((row) => said.includes(row) && !given.words.includes(row))?.trim();
  }
}

/** What the user said in these words needs no further look. */
const ownLines = (texts: readonly string[], given: Given): string[] =>
  texts.flatMap((text) => text.split('\n')).filter((line) => !given.text.includes(line.replace(/^- /, '').trim()));

const SENTENCE = /(?<=[.!?])\s+|(?<=[。！？；])/;
const isSentence = (text: string): boolean =>
  text.split(/\s+/).length >= LEAST_WORDS || (text.match(/\p{Script=Han}/gu)?.length ?? 0) >= LEAST_CHARACTERS;

/** Most rows have a word that the text has not, which is told sooner than whether it has the row. */
function wordStandsIn(text: string): (word: string) => boolean {
  const lower = text.normalize('NFKC').toLowerCase();
  const known = new Map<string, boolean>();
  return (word) => {
    const stands = known.get(word) ?? lower.includes(word);
    known.set(word, stands);
    return stands;
  };
}

function* rowsOf(
  text: string,
  words: number,
  characters: number,
  stands: (word: string) => boolean,
): Generator<string> {
  const all = wordsOnly(text).trim().split(' ');
  let standing = 0;
  for (let at = 0; at < all.length; at++) {
    standing = stands(all[at]!) ? standing + 1 : 0;
    if (standing >= words) yield ` ${all.slice(at + 1 - words, at + 1).join(' ')} `;
  }
  for (const [run] of text.matchAll(/\p{Script=Han}+/gu))
    for (let at = 0; at + characters <= run.length; at++) yield run.slice(at, at + characters);
}

/** What an agent knows before it begins; put together when it is first asked for. */
class Given {
  readonly #evidence: SeedEvidence;
  #text: string | undefined;
  #words: string | undefined;

  constructor(evidence: SeedEvidence) {
    this.#evidence = evidence;
  }

  get text(): string {
    this.#text ??= [userText(this.#evidence), ...saidBy(this.#evidence, 'system')].join('\n');
    return this.#text;
  }
  get words(): string {
    this.#words ??= wordsOnly(this.text);
    return this.#words;
  }
}

const finalAnswer = (evidence: SeedEvidence): string =>
  evidence.run.outcome.answer ??
  evidence.run.messages.findLast(({ role, text, demo }) => role === 'assistant' && demo !== true && text.trim() !== '')
    ?.text ??
  '';

/** An answer of a few words as a whole, or what the text itself calls the answer. */
function shortAnswer(text: string, answer: string, given: Given): string | undefined {
  const whole = answer.trim();
  if (whole.length <= SHORT && text !== '') {
    const words = wordsOnly(whole);
    const isDistinct = /\p{Lu}|\p{Script=Han}{2}|\d{3}/u.test(whole) || words.trim().includes(' ');
    if (isDistinct && !tellsNothing(words) && hasWords(text, words) && !given.words.includes(words)) return whole;
  }
  for (const [, told] of text.matchAll(TELLS_ANSWER)) {
    const named = wordsOnly(told ?? '');
    if (tellsNothing(named) || given.words.includes(named)) continue;
    if (hasWords(answer, named)) return told!.trim();
  }
  return undefined;
}

const tellsNothing = (words: string): boolean =>
  words.trim() === '' ||
  words
    .trim()
    .split(' ')
    .every((word) => TELLS_NOTHING.has(word) || /^\d{1,2}$/.test(word));

/** Chinese has no blanks between words. */
const hasWords = (text: string, words: string): boolean =>
  wordsOnly(text).includes(/\p{Script=Han}/u.test(words) ? words.trim() : words);

/** A value that tools told first and the agent then used or passed on, and that no user ever named. */
function revealed(text: string, answer: string, given: Given, evidence: SeedEvidence): string | undefined {
  const value = valuesIn(text).find(
    (each) => !holds(given.text, each) && !isOfTool(each, evidence) && isFound(each, evidence),
  );
  if (value !== undefined) return value;
  const names = namesIn(text).filter(
    (each) => holds(answer, each) && !holds(given.text, each) && isFound(each, evidence),
  );
  return names.length >= (answer.length <= SHORT_ANSWER ? 1 : 2) ? names[0] : undefined;
}

/** Part of the name of a tool that the run used. */
const isOfTool = (value: string, { steps }: SeedEvidence): boolean => steps.some(({ tool }) => tool.includes(value));

function isFound(value: string, { run }: SeedEvidence): boolean {
  let told = false;
  for (const { role, text, calls, demo } of run.messages) {
    if (demo === true) continue;
    if (role === 'tool') told ||= holds(text, value);
    else if (
      role === 'assistant' &&
      (holds(text, value) || calls?.some(({ args }) => holds(JSON.stringify(args), value)))
    )
      return told;
  }
  return told && holds(run.outcome.answer ?? '', value);
}
