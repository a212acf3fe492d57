/**
 * Makes `plugins/gap-detector/weights.json` and shows what to expect of it, by five-fold cross-validation:
 * `node test/bench/gap-training.ts FOLDER`. Items that need the same tool stay in one fold where the data names it, else those
 * with the same list or query. FOLDER holds gap sets (`gap-*`); only development halves are read.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pictureOf, type Situation } from '../../plugins/gap-detector/features.ts';
import { offeredOf } from '../../plugins/gap-detector/offered.ts';
import { type GapItem, gapSets } from './support/gap-sets.ts';
import { type Fitted, fitLogistic, type Sample } from './support/logistic.ts';

const PENALTY = 0.005;
const FOLDS = 5;
const WEIGHTS = path.join(import.meta.dirname, '../../plugins/gap-detector/weights.json');
const folder = process.argv[2] ?? path.join(import.meta.dirname, '../../../shared/data');

interface Row extends Sample {
  readonly set: string;
  readonly situation: Situation;
  readonly fold: number;
}
const sets = gapSets(folder);
const rows = [...sets].flatMap(([set, items]) => items.map((item) => rowOf(set, item, items)));
const weights: Record<string, unknown> = {};
const chances = new Map<Row, number>();
for (const situation of ['few', 'many', 'chinese'] as const) {
  const here = rows.filter((row) => row.situation === situation);
  for (let fold = 0; fold < FOLDS; fold++) {
    const fitted = fitLogistic(
      here.filter((row) => row.fold !== fold),
      PENALTY,
    );
    for (const row of here) if (row.fold === fold) chances.set(row, chance(fitted, row));
  }
  const { bias, weights: each } = fitLogistic(here, PENALTY);
  weights[situation] = { bias: round(bias), weights: each.map(round) };
}
fs.writeFileSync(WEIGHTS, `${JSON.stringify(weights)}\n`);
console.log('cross-validated         balanced   gap recall  sufficient recall');
for (const set of sets.keys()) {
  const share = (enough: boolean): number => {
    const those = rows.filter((row) => row.set === set && row.positive === enough);
    return those.filter((row) => chances.get(row)! >= 0.5 === enough).length / those.length;
  };
  const [gap, sufficient] = [share(false), share(true)];
  console.log(
    set.padEnd(26),
    ((gap + sufficient) / 2).toFixed(3),
    '    ',
    gap.toFixed(3),
    '     ',
    sufficient.toFixed(3),
  );
}
console.log('\nchance of "enough" as told, and how often it was (cross-validated)');
for (let tenth = 0; tenth < 10; tenth++) {
  const those = rows.filter((row) => Math.min(9, Math.floor(chances.get(row)! * 10)) === tenth);
  const right = those.filter(({ positive }) => positive).length / Math.max(1, those.length);
  const bar = '#'.repeat(Math.round(right * 40));
  console.log(
    `${(tenth / 10).toFixed(1)}-${((tenth + 1) / 10).toFixed(1)} ${right.toFixed(2)} ${bar} (${those.length})`,
  );
}

function rowOf(set: string, item: GapItem, items: readonly GapItem[]): Row {
  const { situation, features } = pictureOf(item.query, item.tools.map(offeredOf));
  const same = items.filter(({ sufficient }) => sufficient === item.sufficient).length;
  return {
    set,
    situation,
    fold: foldOf(item.group),
    features,
    positive: item.sufficient,
    weight: Math.sqrt(items.length) / same,
  };
}
function chance({ bias, weights: each }: Fitted, { features }: Row): number {
  return 1 / (1 + Math.exp(-features.reduce((sum, value, n) => sum + value * each[n]!, bias)));
}
function foldOf(group: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < group.length; at++) value = Math.imul(value ^ group.charCodeAt(at), 0x01000193);
  return ((value ^ (value >>> 15)) >>> 0) % FOLDS;
}
function round(value: number): number {
  return Number(value.toPrecision(5));
}
