import { readFileSync } from 'node:fs';
import type { Picture, Situation } from './features.ts';

type Weights = Readonly<Record<Situation, { readonly bias: number; readonly weights: readonly number[] }>>;
let weights: Weights | undefined;

/** How likely it is, 0 to 1, that the tools are enough: logistic regression, made by `test/bench/gap-training.ts`. */
export function enough({ situation, features, ranked }: Picture): number {
  if (ranked.length === 0) return 0.01;
  weights ??= JSON.parse(readFileSync(new URL('weights.json', import.meta.url), 'utf8')) as Weights;
  const { bias, weights: each } = weights[situation];
  return 1 / (1 + Math.exp(-features.reduce((sum, value, n) => sum + value * each[n]!, bias)));
}

/** On the scale of the wire: an even chance is 0.8, the threshold below which it is a gap. */
export const coverageOf = (chance: number): number => (chance < 0.5 ? chance * 1.6 : 0.6 + chance * 0.4);
