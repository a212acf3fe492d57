/**
 * How well tasks, near-duplicates and listed tasks are found, and what it costs:
 * `node test/bench/similarity.bench.ts [folder with data]`; default `../shared/data`. Times are CPU time, so that a busy
 * machine says nearly the same; the folder is where the tests look too.
 */
import type { TaskFacts, TaskSimilarity } from '#plugins/task-similarity/api';
import { edited, numbers, shuffled, text } from '../plugins/task-similarity/made-texts.ts';
import { openSimilarity, pairwise } from '../plugins/task-similarity/open-similarity.ts';
import { type LabelledRun, noData, recordedQueries, recordedRuns } from '../plugins/task-similarity/recorded-runs.ts';

const show = (what: string, ...values: readonly string[]): void =>
  console.log(`${what.padEnd(58)} ${values.join('  ')}`);
const cpu = async <T>(work: () => T | Promise<T>): Promise<readonly [T, number]> => {
  const begun = process.cpuUsage();
  const done = await work();
  const { user, system } = process.cpuUsage(begun);
  return [done, (user + system) / 1e6];
};
const mean = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0) / all.length;

if (noData !== undefined) {
  console.log(`left out: ${noData}`);
  process.exit(0);
}
const similarity = await openSimilarity();
const sets = await recordedRuns();
const airline = sets['tau-bench-airline'];
const queries = recordedQueries(numbers(1));

// ---------------------------------------------------------------- the same task

async function score(runs: readonly LabelledRun[], by: TaskSimilarity = similarity, batch = runs.length) {
  const identity = by.identity();
  const clusters: string[] = [];
  for (let at = 0; at < runs.length; at += batch)
    clusters.push(...(await identity.assign(runs.slice(at, at + batch).map(({ facts }) => facts))));
  return {
    ...pairwise(
      runs.map(({ task }) => task),
      clusters,
    ),
    clusters: new Set(clusters).size,
  };
}
const showScore = (what: string, { f1, precision, recall, clusters }: Awaited<ReturnType<typeof score>>): void =>
  show(what, `F1 ${f1.toFixed(3)}`, `P ${precision.toFixed(3)}`, `R ${recall.toFixed(3)}`, `${clusters} clusters`);

showScore('tau-bench airline, 30 tasks x 4 trials, one batch', await score(airline));
for (const batch of [30, 10, 1]) showScore(`  in batches of ${batch}`, await score(airline, similarity, batch));
show('LiveMCPBench, 60 tasks: runs wrongly together', `${(await score(sets.livemcpbench)).wrong}`);
showScore('SWE-agent, 13 runs (two tasks have the same words)', await score(sets['swe-agent']));
showScore('all of them in one batch', await score(Object.values(sets).flat()));

// Tuned on half of the tasks, scored on the other half. Tasks whose numbers follow one another are variants of one another
// and stay together, as they do in a part that was held out.
const family = ({ task }: LabelledRun): number => Math.floor(Number(task.split('/').at(-1)) / 5);
const families = [...new Set(airline.map(family))];
const grid = await Promise.all(
  [0.28, 0.35, 0.42].flatMap((certainty) =>
    [0.16, 0.2, 0.24].flatMap((likeness) =>
      [0.65, 0.75, 0.85].map((contrast) => openSimilarity({ identity: { certainty, likeness, contrast } })),
    ),
  ),
);
const tuned: number[] = [];
const asIs: number[] = [];
for (let seed = 0; seed < 20; seed++) {
  const ours = new Set(shuffled(families, numbers(seed)).slice(0, families.length / 2));
  const [train, held] = [
    airline.filter((run) => ours.has(family(run))),
    airline.filter((run) => !ours.has(family(run))),
  ];
  const tried: { readonly by: TaskSimilarity; readonly f1: number }[] = [];
  for (const by of grid) tried.push({ by, f1: (await score(train, by)).f1 });
  const best = tried.reduce((a, b) => (b.f1 > a.f1 ? b : a));
  tuned.push((await score(held, best.by)).f1);
  asIs.push((await score(held)).f1);
}
const spread = (all: readonly number[]): string =>
  `mean ${mean(all).toFixed(3)}, from ${Math.min(...all).toFixed(3)} to ${Math.max(...all).toFixed(3)}`;
show('F1 on half of the tasks, tuned on the other, 20 halves', spread(tuned));
show('  with the defaults', spread(asIs));

const RUNS = 10_000;
const random = numbers(2);
const variants: TaskFacts[] = Array.from({ length: RUNS }, (_, at) => {
  const { facts } = airline[at % airline.length]!;
  const turns = facts.turns.map((turn) => edited(turn, random));
  return { ...facts, id: `variant ${at}`, turns, request: turns[0]! };
});
const isChinese = (each: string): boolean => /\p{Script=Han}/u.test(each);
const vocabulary = queries.filter((each) => !isChinese(each)).flatMap((each) => each.split(/\s+/));
const saying = (): string =>
  Array.from({ length: 25 }, () => vocabulary[Math.floor(random() * vocabulary.length)]).join(' ');
const different: TaskFacts[] = Array.from({ length: RUNS }, (_, at) => {
  const turns = [saying(), saying(), saying(), saying()];
  return { id: `different ${at}`, request: turns[0]!, turns, argumentValues: [`id ${at}`, `${at % 100}`], tools: [] };
});
for (const [what, runs] of [
  ['variants of 120 runs', variants],
  ['different runs', different],
] as const) {
  const identity = similarity.identity();
  const [clusters, assigning] = await cpu(() => identity.assign(runs));
  show(`${RUNS} ${what} in one batch`, `${assigning.toFixed(2)} cpu-s`, `${new Set(clusters).size} clusters`);
  const restored = similarity.identity();
  const known = runs.map((facts, at) => ({ ...facts, cluster: clusters[at]! }));
  const [, restoring] = await cpu(() => restored.restore(known));
  show('  restored', `${restoring.toFixed(2)} cpu-s`);
  const later = runs
    .slice(0, 200)
    .map((facts) => ({ ...facts, id: `later ${facts.id}`, turns: [...facts.turns, 'One more thing.'] }));
  const [, single] = await cpu(async () => {
    for (const each of later) await restored.assign([each]);
  });
  show('  one more', `${((single / later.length) * 1_000).toFixed(2)} cpu-ms`);
}

// ---------------------------------------------------------------- near-duplicates

/** Texts with ten copies each, edited; recall over those that come after another of their kind. */
async function duplicates(what: string, originals: readonly string[], threshold?: number): Promise<void> {
  const edits = numbers(3);
  const copies = originals.flatMap((original, of) =>
    Array.from({ length: 11 }, (_, copy) => ({ of, text: copy === 0 ? original : edited(original, edits) })),
  );
  const texts = shuffled(copies, edits).slice(0, RUNS);
  const index = similarity.nearDuplicates(threshold === undefined ? {} : { threshold });
  const [found, seconds] = await cpu(() => texts.map((each, at) => index.add(`${at}`, each.text)));
  const seen = new Set<number>();
  let [right, wrong, missed] = [0, 0, 0];
  texts.forEach(({ of }, at) => {
    const answer = found[at];
    if (answer === undefined) missed += seen.has(of) ? 1 : 0;
    else if (texts[Number(answer.of)]!.of === of) right++;
    else wrong++;
    seen.add(of);
  });
  show(
    `near-duplicates: ${texts.length} ${what}`,
    `recall ${(right / (right + missed)).toFixed(4)}`,
    `precision ${(right / (right + wrong)).toFixed(4)}`,
    `${Math.round(texts.length / seconds)} docs/cpu-s`,
  );
}
const spoken = airline.map(({ facts }) => facts.turns.join(' '));
const asked = [...queries, ...spoken];
const long = shuffled(
  asked.filter((each) => !isChinese(each) && each.split(' ').length >= 20),
  numbers(4),
).slice(0, 893);
await duplicates('texts of 20 words and more, 5 % of words edited', long);
await duplicates('  at 0.7', long, 0.7);
await duplicates('texts of any length', shuffled(asked, numbers(5)).slice(0, 893));
await duplicates('Chinese texts', asked.filter(isChinese));

// ---------------------------------------------------------------- listed tasks

function contamination(what: string, pool: readonly string[]): void {
  let [found, listed, wrong, others] = [0, 0, 0, 0];
  for (let seed = 0; seed < 10; seed++) {
    const by = numbers(seed);
    const tasks = shuffled(pool, by).slice(0, 50);
    const rest = shuffled(queries, by).filter((each) => !tasks.includes(each));
    const list = similarity.contamination(tasks.map((each, at) => ({ id: `${at}`, text: each })));
    tasks.forEach((task, at) => {
      listed++;
      const around = rest.slice(1_000 + 8 * at, 1_000 + 8 * at + 8);
      const planted = [...around.slice(0, 4), edited(task, by), ...around.slice(4)].join('\n');
      if (list.find(planted)?.of === `${at}`) found++;
    });
    for (const each of rest.slice(0, 1_000)) {
      others++;
      if (list.find(each) !== undefined) wrong++;
    }
  }
  show(`contamination: ${what}`, `found ${found} of ${listed}`, `wrong ${wrong} of ${others}`);
}
contamination(
  'edited tasks of 20 words and more inside longer texts',
  queries.filter((each) => each.split(' ').length >= 20),
);
contamination('edited tasks of any length inside longer texts', queries);
contamination('edited Chinese tasks inside longer texts', queries.filter(isChinese));
const made = Array.from({ length: RUNS }, (_, at) => ({ id: `${at}`, text: text(random, 40) }));
const [list, building] = await cpu(() => similarity.contamination(made));
const [, looking] = await cpu(() => queries.slice(0, 1_000).map((each) => list.find(each)));
show('a list of 10,000', `made in ${building.toFixed(2)} cpu-s`, `${(looking * 1_000).toFixed(1)} cpu-us a text`);
