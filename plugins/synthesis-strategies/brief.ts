import type { RunEvidence } from '#plugins/synthesizer/api';
import { conditionsIn, LIMIT, proseOf } from './conditions.ts';
import { isChinese } from './plain-text.ts';
import { polished, politeWhole } from './polish.ts';
import { answerNamed, revealedValues, withoutValue } from './revealed.ts';
import { sentencesOf, stemsOf } from './sentences.ts';
import { type Turn, userTurns } from './turns.ts';
import { UNKNOWN_TO_USER } from './words/small-talk.ts';

/** What a run's user wanted, taken from the user's own words. */
export interface Brief {
  readonly chinese: boolean;
  /** Turns of the user that say something. */
  readonly turns: readonly Turn[];
  /** Where one message says it all: that message, with its lines. */
  readonly whole?: string;
  /** Else: what is asked and why, one sentence each, in the order in which it was said. */
  readonly goals: readonly string[];
  /** Of those, what is asked for. */
  readonly asked: readonly string[];
  /** What is told besides. */
  readonly facts: readonly string[];
  readonly conditions: readonly string[];
}

/** Kept while the run is: an essence and a seed are made of the same. */
const kept = new WeakMap<RunEvidence['run'], Brief>();

export function briefOf(evidence: RunEvidence): Brief {
  const known = kept.get(evidence.run);
  if (known !== undefined) return known;
  const brief = makeBrief(evidence);
  kept.set(evidence.run, brief);
  return brief;
}

function makeBrief(evidence: RunEvidence): Brief {
  const turns = userTurns(evidence);
  const chinese = isChinese(turns.map(({ text }) => text).join('\n'));
  const [first, ...later] = turns;
  if (first === undefined) return { chinese, turns, goals: [], asked: [], facts: [], conditions: [] };
  const said = later.flatMap((turn) => telling(turn, turns, evidence));
  if (said.length === 0) {
    const whole = politeWhole(first.text);
    const conditions = conditionsIn(proseOf(whole)).filter(
      (condition) => !sameWords(condition, whole) && !isOpening(condition, whole),
    );
    return { chinese, turns: [first], whole, goals: [], asked: [], facts: [], conditions };
  }
  const all = distinct([...telling(first, turns, evidence), ...said]);
  const told = all.filter((each, index) => !becameKnown(each.text, all) && !saidBefore(each.text, all.slice(0, index)));
  // "Cancel it" means what was told before: it stays in its place.
  const asked = told.filter(({ asks, first, text }) => asks && (first || !LOOSE.test(text)));
  // "Help with my booking" says nothing once it is told what.
  const named = asked.some(({ text }) => !isVague(text)) ? asked.filter(({ text }) => !isVague(text)) : asked;
  let goals = told.filter((each) => named.includes(each) || (each.first && !each.asks && !PERSONAL.test(each.text)));
  if (goals.length === 0)
    goals = [told.find(({ asks }) => asks) ?? told.find(({ text }) => !PERSONAL.test(text)) ?? told[0]!];
  const facts = told
    .filter((each) => !goals.includes(each) && !(each.asks && isVague(each.text)))
    .map(({ text }) => text);
  const answers = told.filter(
    ({ answer, text }) => answer && !/\d{3}|@|<[A-Z_]+_\d+>|^(?:i|it|we|he|she|they)\b|[!?？！]$/i.test(text),
  );
  const conditions = [
    ...answers.map(({ text }) => text.replace(/[.。]$/, '')),
    ...conditionsIn(told.filter(({ answer }) => !answer).map(({ text }) => text)),
  ].filter(
    (condition) =>
      !NO_CONDITION.test(condition) &&
      !goals.some(({ text }) => sameWords(condition, text) || isOpening(condition, text)),
  );
  return {
    chinese,
    turns,
    goals: goals.map(({ text }) => text),
    asked: named.map(({ text }) => text),
    facts,
    conditions: [...new Set(conditions)],
  };
}

const NO_CONDITION = /^(?:change of|due to|because|i think|i thought|i know|i have|if that\b)|, then yes$/i;
const LOOSE = /^\w+(?: \w+)? (?:it|them|this|that|those|these|one(?! of))\b/i;
const VAGUE =
  /^(?:help with\b|(?:make|discuss) (?:a few |some |a |an )?(?:changes?|adjustments?|things?|modifications?)\b(?! to [^.]*\b(?:from|to|by|so)\b).{0,40}$)/i;
/** The id of what is meant. */
const NAMED = /\b(?=[A-Z\d]*\d)(?=[A-Z\d]*[A-Z])[A-Z\d]{5,}\b|#\d+|<[A-Z_]+_\d+>/;
const isVague = (text: string): boolean => VAGUE.test(text) && !NAMED.test(text);

/** What a request begins with is what it asks for, unless it names a limit. */
const isOpening = (condition: string, request: string): boolean =>
  !LIMIT.test(condition) &&
  !/^(?:not?|never|avoid|do not|don't|must|if|unless|when|us(?:e|ing)|keep|make sure|ensure)\b|^\P{L}/iu.test(
    condition,
  ) &&
  request.toLowerCase().startsWith(condition.toLowerCase());

/** Who the user is: a detail, wherever it was said. */
const PERSONAL =
  /\b(?:my|the) (?:user |customer |account |e-?mail |full )?(?:id|e-?mail|name|address|phone(?: number)?) (?:is|are)\b/i;

interface Told {
  readonly text: string;
  readonly asks: boolean;
  /** In the first message. */
  readonly first: boolean;
  /** A few words in answer to a question of the agent: a choice of the user. */
  readonly answer: boolean;
}

function telling(turn: Turn, turns: readonly Turn[], { run }: RunEvidence): Told[] {
  const first = turn === turns[0];
  return sentencesOf(turn.text).flatMap((sentence) => {
    let text: string | undefined = sentence;
    for (const value of first ? [] : revealedValues(sentence, turn, turns, run))
      text = text && withoutValue(text, value);
    const plain = text === undefined ? undefined : polished(answerNamed(text, turn, run));
    if (plain === undefined) return [];
    const short = isShort(plain.text) && plain.text.split(/\s+/).length <= 4;
    return [{ ...plain, first, answer: !first && !plain.asks && short }];
  });
}

const isShort = (text: string): boolean => text.length <= (/\p{Script=Han}/u.test(text) ? 14 : 40);

/** Without what says nothing beyond another: an earlier one, or a later one that says it and more. */
function distinct(told: readonly Told[]): Told[] {
  const words = told.map(({ text }) => wordsOf(text));
  const sets = words.map((each) => new Set(each));
  return told.filter((_, index) =>
    sets.every((other, at) => {
      if (at === index || words[index]!.length === 0) return true;
      const covered = words[index]!.filter((word) => other.has(word)).length >= 0.8 * words[index]!.length;
      // Of two that say the same the first stays.
      return !covered || (at > index && sets[index]!.size >= other.size);
    }),
  );
}

const EMPTY = new Set(
  'a an the my your our i to for of in on at and or is are be am it that this with please can you me we do'.split(' '),
);
function wordsOf(text: string): readonly string[] {
  const han = text.match(/\p{Script=Han}/gu) ?? [];
  const all = [...stemsOf(text), ...han.slice(1).map((character, at) => han[at]! + character)];
  const words = all.filter((word) => !EMPTY.has(word));
  return all.length === 0 ? [...text] : words.length > 0 ? words : all;
}
const sameWords = (one: string, other: string): boolean => wordsOf(one).join(' ') === wordsOf(other).join(' ');

/** "I don't remember my user ID" of a user who tells it later. */
function becameKnown(text: string, all: readonly Told[]): boolean {
  const what = UNKNOWN_TO_USER.exec(text);
  if (what === null) return false;
  if (what[1] === undefined) return true;
  const named = new RegExp(
    String.raw`\b${what[1].replace(/[^\w ]/g, '.')}s?\b[^.]{0,40}?(?:\bis\b|\bare\b|[:=])\s*\S`,
    'i',
  );
  return all.some((other) => other.text !== text && named.test(other.text) && !UNKNOWN_TO_USER.test(other.text));
}

/** The same thing is not known twice. */
function saidBefore(text: string, before: readonly Told[]): boolean {
  const what = UNKNOWN_TO_USER.exec(text)?.[1]?.toLowerCase();
  return (
    what !== undefined &&
    before.some(
      (other) => UNKNOWN_TO_USER.exec(other.text)?.[1]?.toLowerCase() === what && other.text.length >= text.length - 40,
    )
  );
}
