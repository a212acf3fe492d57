import type { GapTool } from './api.ts';
import { bagLikeness } from './bag.ts';
import { gramLikeness, gramsOf } from './grams.ts';
import { cosine } from './lexicon.ts';
import { type Likeness, Need } from './likeness.ts';
import { type Offered, parametersOf } from './offered.ts';
import { purposeOf } from './purposes.ts';
import { type Terms, termsOf } from './terms.ts';
import { valuesNamed } from './values.ts';

export interface Ranked extends Likeness {
  readonly tool: GapTool;
  readonly offered: Offered;
  /** Cosine of the words, rare ones of this list counting more. */
  readonly bag: number;
  /** The same of runs of characters. */
  readonly gram: number;
  /** Cosine of the purposes, but not below 0. */
  readonly serves: number;
  readonly score: number;
}
/** Which weights apply: short and long lists, and Chinese, differ in what tells. */
export type Situation = 'few' | 'many' | 'chinese';
export interface Picture {
  readonly situation: Situation;
  readonly features: readonly number[];
  /** Best first. */
  readonly ranked: readonly Ranked[];
  readonly need: Terms;
}

/** Meaning is compared for so many of the tools that are likest by words and characters. */
const CLOSELY = 48;
const MANY = 8;

export function pictureOf(task: string, tools: readonly Offered[]): Picture {
  const terms = termsOf(task, true);
  const chinese = isChinese(terms);
  const grams = gramLikeness(
    gramsOf(task),
    tools.map(({ grams }) => grams),
  );
  const bags = bagLikeness(
    terms,
    tools.map(({ text }) => text),
  );
  const purpose = purposeOf(terms);
  // English words in a task told in Chinese are names and units: they say little of what it is for.
  const serves = tools.map((tool) => (chinese ? 0 : Math.max(0, cosine(purpose, tool.purpose))));
  const likely = tools.map((_, n) => grams[n]! + bags[n]! + serves[n]!);
  const chosen = tools.map((_, n) => n);
  if (chosen.length > CLOSELY) {
    chosen.sort((a, b) => likely[b]! - likely[a]!);
    chosen.length = CLOSELY;
  }
  const need = new Need(terms);
  const ranked = chosen
    .map((n): Ranked => {
      const offered = tools[n]!;
      const like = need.likeness(offered);
      const { takes, fits, named, subject } = like;
      const score = likely[n]! + 0.5 * takes + 0.25 * (fits + named + subject);
      return { ...like, tool: offered.tool, offered, bag: bags[n]!, gram: grams[n]!, serves: serves[n]!, score };
    })
    .sort((a, b) => b.score - a.score);
  const situation = chinese ? 'chinese' : tools.length < MANY ? 'few' : 'many';
  const features = [...featuresOf(ranked, tools.length), ...purposeFeatures(task, terms, ranked[0], serves)];
  return { situation, features, ranked, need: terms };
}

/** How the tools serve the purpose; the best by purpose need not be the best in all. */
function purposeFeatures(task: string, need: Terms, top: Ranked | undefined, serves: readonly number[]): number[] {
  const many = serves.length >= MANY ? 1 : 0;
  const { best, ahead, apart, third } = standing(serves);
  const values = top === undefined ? 0 : valuesNamed(task, top.tool);
  const unread = need.known.size === 0 ? 0 : need.unknown.size / (need.known.size + need.unknown.size);
  return [top?.serves ?? 0, best, ahead, many * apart, best * best, many * third, values, unread];
}

const isChinese = ({ unknown, total }: Terms): boolean => {
  let han = 0;
  for (const [term, weight] of unknown) if (/\p{Script=Han}/u.test(term)) han += weight;
  return han > total / 2;
};

const KEYS = ['covers', 'takes', 'says', 'fits', 'named', 'bag', 'gram'] as const;
const NONE: Record<(typeof KEYS)[number] | 'lacks' | 'subject', number> = {
  covers: 0,
  takes: 0,
  says: 0,
  fits: 0,
  named: 0,
  bag: 0,
  gram: 0,
  lacks: 1,
  subject: 0,
};

/** Numbers that `weights.json` weighs, in its order, those of the purpose last: change both together (`test/bench/gap-training.ts`). */
function featuresOf(ranked: readonly Ranked[], count: number): number[] {
  const top = ranked[0] ?? NONE;
  const parameters = ranked[0] !== undefined && parametersOf(ranked[0].tool).total > 0 ? 1 : 0;
  const length = Math.min(2, Math.log(1 + (ranked[0]?.offered.text.total ?? 0)));
  const most = KEYS.map((key) => Math.max(0, ...ranked.map((each) => each[key])));
  const scores = standing(ranked.map(({ score }) => score));
  const grams = standing(ranked.map(({ gram }) => gram));
  const bags = standing(ranked.map(({ bag }) => bag));
  // The count itself is how data was collected; that the best of many is better by chance is not.
  const big = count >= MANY ? 1 : 0;
  const many = big * Math.log(Math.max(1, count / MANY));
  const s = scores.best;
  return [
    ...[s, scores.ahead, big * scores.apart, big, many, top.lacks, parameters, top.subject, ...most],
    ...[...KEYS.map((key) => top[key]), ...most.map((value) => big * value)],
    ...[s * big, s * many, scores.ahead * big, s * s, top.takes * parameters, s * parameters],
    ...[grams.best ** 2, bags.best ** 2, count === 0 ? 1 : 0, top.takes * top.fits, top.lacks * s, length, length * s],
    ...[grams.ahead, bags.ahead, big * grams.apart, big * bags.apart, grams.best * bags.best, big * grams.third],
    ...[grams.best * many, big * grams.apart * grams.best],
  ];
}

/** How the best stands among the rest: ahead of the second, and apart from the mean in standard deviations. */
function standing(values: readonly number[]): { best: number; ahead: number; apart: number; third: number } {
  const [best = 0, second, third = 0] = values.toSorted((a, b) => b - a);
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length);
  const apart = square === 0 ? 0 : (best - mean) / Math.sqrt(square);
  return { best, ahead: second === undefined ? 0 : best - second, apart, third };
}
