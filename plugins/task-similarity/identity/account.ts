import type { Description } from './description.ts';
import type { Rarity } from './rarity.ts';

/** What users said in one or more runs, word for word the same: the thing that is put into clusters. */
export interface Account {
  readonly description: Description;
  /** Decides orders, so that they depend on nothing but the content. */
  readonly rank: number;
  readonly runs: Set<string>;
  weights?: Weights;
}

/** Unit vectors over the terms of a description, as rare as these are at the time. */
export interface Weights {
  readonly version: number;
  readonly text: Float64Array;
  /** Of the first request alone: 0 at other terms. */
  readonly request: Float64Array;
  readonly values: Float64Array;
}

export function weightsOf(account: Account, rarity: Rarity): Weights {
  if (account.weights?.version === rarity.version) return account.weights;
  const { text, often, first, values } = account.description;
  const whole = Float64Array.from(text, (term, at) => often[at]! * rarity.of(term));
  const weights = {
    version: rarity.version,
    text: whole,
    request: unit(whole.map((weight, at) => weight * first[at]!)),
    values: unit(Float64Array.from(values, (term) => rarity.of(term))),
  };
  unit(whole);
  account.weights = weights;
  return weights;
}

function unit(vector: Float64Array): Float64Array {
  let sum = 0;
  for (const each of vector) sum += each * each;
  const length = Math.sqrt(sum);
  if (length > 0) for (let at = 0; at < vector.length; at++) vector[at]! /= length;
  return vector;
}

export function byRank(a: Account, b: Account): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  const [x, y] = [a.description.said, b.description.said];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Where it is in a sorted list, or belongs. */
export function placeOf(sorted: readonly Account[], account: Account): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byRank(sorted[middle]!, account) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
