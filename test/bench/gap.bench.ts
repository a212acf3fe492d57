/**
 * How well and how fast gaps are told, with the weights that ship: `node test/bench/gap.bench.ts [FOLDER]`. FOLDER holds gap
 * sets (`gap-*`); default `../shared/data`. The weights were fitted on these halves: what to expect of new tasks is what
 * `gap-training.ts` prints.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { GapTool } from '../../plugins/gap-detector/api.ts';
import { gapDetectorConfig } from '../../plugins/gap-detector/config.ts';
import { judgeByRetrieval } from '../../plugins/gap-detector/retrieval.ts';
import { gapSets } from './support/gap-sets.ts';

const MANY = 1_000;
const folder = process.argv[2] ?? path.join(import.meta.dirname, '../../../shared/data');
if (!fs.existsSync(folder)) {
  console.log(`no gap sets in ${folder}: name their folder`);
  process.exit(0);
}
const config = gapDetectorConfig.parse({});
const sets = gapSets(folder);
const told: { readonly confidence: number; readonly right: boolean }[] = [];
const asking = /^(incomplete|request_for_info)$/;

for (const [set, items] of sets) {
  const judged = items.map(({ query, tools, sufficient, slices }) => {
    const answer = judgeByRetrieval({ task: query }, tools, config);
    const right = answer.sufficient === sufficient;
    told.push({ confidence: answer.confidence, right });
    return { sufficient, right, asks: slices.some((slice) => asking.test(slice)) };
  });
  const share = (those: typeof judged): number => those.filter(({ right }) => right).length / those.length;
  const gap = share(judged.filter(({ sufficient }) => !sufficient));
  const enough = share(judged.filter(({ sufficient }) => sufficient));
  const ask = judged.filter(({ asks }) => asks);
  console.log(
    `${set.padEnd(26)} balanced ${((gap + enough) / 2).toFixed(3)}  gap ${gap.toFixed(3)}  sufficient ${enough.toFixed(3)}` +
      (ask.length === 0 ? '' : `  to be asked, not called a gap ${share(ask).toFixed(3)}`),
  );
}

console.log('\nconfidence as told, and how often it was right');
for (let tenth = 5; tenth < 10; tenth++) {
  const those = told.filter(({ confidence }) => Math.min(9, Math.floor(confidence * 10)) === tenth);
  const right = those.filter(({ right }) => right).length / Math.max(1, those.length);
  console.log(`${(tenth / 10).toFixed(1)} ${right.toFixed(2)} ${'#'.repeat(Math.round(right * 40))} (${those.length})`);
}

const queries = [...sets.values()].flatMap((items) => items.map(({ query }) => query));
const tools = [
  ...new Map([...sets.values()].flat().flatMap(({ tools }) => tools.map((tool) => [tool.name, tool]))).values(),
];
const list = tools.slice(0, MANY);
console.log(`\n${list.length} tools, ms             p50    p95    first`);
time('the same objects', () => list);
// As requests bring them: new objects of the same text.
time('afresh each time', () => structuredClone(list));

function time(label: string, offered: () => readonly GapTool[]): void {
  const times: number[] = [];
  for (let n = 0; n < 200; n++) {
    const task = queries[(n * 37) % queries.length]!;
    const tools = offered();
    const begun = performance.now();
    judgeByRetrieval({ task }, tools, config);
    times.push(performance.now() - begun);
  }
  const first = times.shift()!;
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.floor(times.length * share)]!.toFixed(1).padStart(6);
  console.log(`${label.padEnd(22)}${at(0.5)} ${at(0.95)} ${first.toFixed(0).padStart(8)}`);
}
