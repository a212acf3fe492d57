import type { ReportInput, SeedTask, SynthesisDataset, TaskEssence } from '#plugins/synthesizer/api';
import type { ToolEffect, ToolSequence } from '#plugins/trajectory-archive/api';

/** A word of a stranger, by the place it stands in. */
export type Words = (place: string) => string;
const same: Words = (place) => place;

export function madeSeed(n: number, of: Partial<SeedTask> = {}, words: Words = same): SeedTask {
  return {
    task_id: `seed_${String(n).padStart(4, '0')}`,
    task_type: words('kind'),
    domain: words('domain'),
    description: words(`task ${n}`),
    expected_tools: [words('tool'), 'files/read'],
    constraints: [words('constraint')],
    success_criteria: [words('criterion')],
    max_steps: 8 + n,
    complexity: 'medium',
    difficulty: { trials: 2, judged: 2, successes: 1, pass_rate: 0.5 },
    verification: [
      { check: 'well-formed', verdict: 'passed' },
      { check: 'arguments', verdict: 'unverified', why: words('reason') },
    ],
    verified: false,
    lineage: {
      trajectory: `run_${n}`,
      trials: [`run_${n}`, `run_${n}_again`],
      essence: `essence_${n}`,
      essence_strategy: 'llm',
      seed_strategy: 'llm',
      evolution: 'none',
      calls: [`call_${n}`],
      model: 'some-model',
    },
    ...of,
  };
}

const essence = (trajectory: string, success: boolean | null, words: Words): TaskEssence => ({
  essence_id: `essence_${trajectory}`,
  trajectory_id: trajectory,
  task_type: words('kind'),
  domain: words('domain'),
  description: words('essence'),
  complexity: 'low',
  key_features: [],
  tools: ['files/read'],
  success,
  steps: 4,
  strategy: 'llm',
});

export const emptyDataset: SynthesisDataset = {
  essences: [],
  seeds: [],
  dropped: [],
  clusters: [],
  counts: { seen: 0, imported: 0, duplicate: 0, quarantined: 0, erased: 0 },
  sources: [],
  money: {
    calls: 0,
    cachedCalls: 0,
    unfinishedCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    usd: 0,
    unpriced: 0,
    byStage: {},
  },
  redactions: {},
  failures: [],
  configHash: '0123456789abcdef0123456789abcdef',
  strategies: { essence: 'structural', seed: 'variation', evolve: 'none' },
  asOf: 0,
};

/** 40 records: 6 repeat another, 3 are bad, 1 erased, 30 come in; 28 essences, 14 tasks, 13 seeds and 2 harder ones, 11 kept. */
export function madeDataset(words: Words = same): SynthesisDataset {
  const runs = Array.from({ length: 30 }, (_, n) => (n % 2 === 0 ? `run_${n / 2}` : `run_${(n - 1) / 2}_again`));
  const harder = (n: number, parent: number): SeedTask =>
    madeSeed(
      n,
      {
        lineage: {
          ...madeSeed(parent).lineage,
          evolution: 'depth',
          parents: [`seed_${String(parent).padStart(4, '0')}`],
        },
      },
      words,
    );
  const seeds = [
    ...Array.from({ length: 9 }, (_, n) => madeSeed(n, {}, words)),
    harder(90, 0),
    madeSeed(9, { difficulty: { trials: 1, judged: 0, successes: 0 }, verified: true, expected_tools: [] }, words),
  ];
  return {
    ...emptyDataset,
    essences: runs.slice(0, 28).map((run, n) => essence(run, n % 3 === 0 ? null : n % 2 === 0, words)),
    seeds,
    dropped: [
      { seed: madeSeed(10, {}, words), filter: 'near-duplicate', why: words('why') },
      { seed: madeSeed(11, {}, words), filter: 'check:arguments', why: words('why') },
      { seed: madeSeed(12, {}, words), filter: 'contaminated', why: words('why') },
      { seed: harder(91, 1), filter: 'near-duplicate', why: words('why') },
    ],
    clusters: runs.slice(0, 28).map((trajectory) => ({
      key: words('key'),
      trajectory,
      cluster: trajectory.replace('_again', ''),
    })),
    counts: { seen: 40, imported: 30, duplicate: 6, quarantined: 3, erased: 1 },
    sources: [
      { file: `data/${words('file')}`, format: 'tau-bench', runs: 20, license: words('licence') },
      { file: 'other/runs.jsonl', format: 'atif', runs: 10 },
    ],
    money: {
      calls: 43,
      cachedCalls: 2,
      unfinishedCalls: 1,
      inputTokens: 12_345,
      outputTokens: 2_345,
      usd: 0.5,
      unpriced: 0,
      byStage: {
        seed: { model: words('model'), calls: 15, inputTokens: 5_345, outputTokens: 1_345, usd: 0.3 },
        essence: { model: 'some-model', calls: 28, inputTokens: 7_000, outputTokens: 1_000, usd: 0.2 },
      },
    },
    redactions: { EMAIL: 4, API_KEY: 1 },
    failures: [{ trajectory: 'run_14', stage: 'essence', why: words('failure') }],
    strategies: { essence: 'llm', seed: 'llm', evolve: 'depth' },
    asOf: Date.UTC(2026, 0, 2, 3, 4, 5),
  };
}

const tool = (name: string, calls: number, successes: number, lowerBound: number, scenario: string): ToolEffect => ({
  tool: name,
  scenario,
  calls,
  successes,
  lowerBound,
  runs: 4,
  runSuccesses: 3,
  runFailures: 1,
});

export const madeInput = (words: Words = same): ReportInput => ({
  dataset: madeDataset(words),
  tools: [
    tool('lucky/once', 1, 1, 0.2065, words('scenario')),
    tool(words('tool'), 100, 95, 0.8882, words('scenario')),
    tool('files/read', 40, 40, 0.9124, 'files'),
  ],
  sequences: [
    { tools: ['files/read', words('tool')], count: 7, runs: 5, runSuccesses: 2, runFailures: 2 },
    { tools: ['files/read', 'files/read'], count: 30, runs: 9, runSuccesses: 1, runFailures: 2 },
  ] satisfies readonly ToolSequence[],
});
