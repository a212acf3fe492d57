import type { Estimate, Progress, RunOptions, Synthesis, SynthesisResult } from '#plugins/synthesizer/api';
import { synthesisCliConfig } from '../../../plugins/synthesis-cli/config.ts';
import { SynthesisCommand } from '../../../plugins/synthesis-cli/synthesis-command.ts';

export const result: SynthesisResult = {
  seen: 10,
  imported: 7,
  duplicate: 2,
  quarantined: 1,
  refused: [],
  waiting: 0,
  essences: 7,
  clusters: 4,
  seeds: 3,
  failed: 0,
  money: {
    calls: 11,
    cachedCalls: 2,
    unfinishedCalls: 0,
    inputTokens: 1_000,
    outputTokens: 200,
    usd: 0.125,
    unpriced: 0,
    byStage: {},
  },
  files: ['/data/seed_tasks.jsonl', '/data/report.md'],
};
export const estimate: Estimate = { calls: 12, inputTokens: 3_000, outputTokens: 400, usd: 0.25, seconds: 1 };
export const progress: Progress = {
  stage: 'essence',
  seen: 10,
  imported: 7,
  duplicate: 2,
  quarantined: 1,
  jobs: { done: 6, total: 12, failed: 0 },
  seeds: 0,
  calls: 6,
  usd: 0.5,
  etaMs: 61_000,
  concurrency: 4,
};

export interface Asked {
  readonly what: string;
  readonly paths?: readonly string[];
  readonly options?: RunOptions;
}

/** Stands in for a synthesizer: tells what it was asked, and answers what it is given. */
export function standIn(given: Partial<Synthesis> = {}): { readonly synthesis: Synthesis; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const run =
    <T>(what: 'once' | 'watch' | 'estimate', answer: T) =>
    async (paths: readonly string[], options: RunOptions): Promise<T> => {
      asked.push({ what, paths, options });
      return (await (given[what]?.(paths, options) as Promise<T> | undefined)) ?? answer;
    };
  const synthesis: Synthesis = {
    once: run('once', result),
    watch: run('watch', result),
    estimate: run('estimate', estimate),
    replay: async () => {
      asked.push({ what: 'replay' });
      return (await given.replay?.()) ?? result;
    },
    explain: () => Promise.reject(new Error('nobody asks')),
    retract: async () => 0,
    dataset: () => Promise.reject(new Error('nobody asks')),
  };
  return { synthesis, asked };
}

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line on a synthesizer. */
export async function run(
  synthesis: Synthesis,
  argv: readonly string[],
  options: {
    readonly signal?: AbortSignal;
    readonly columns?: () => number;
    readonly config?: object;
    /** Also told what is written, as it is. */
    readonly err?: (text: string) => void;
  } = {},
): Promise<Said> {
  const said = { out: '', err: '' };
  const command = new SynthesisCommand(synthesis, synthesisCliConfig.parse(options.config ?? {}), {
    out: async (text) => {
      said.out += text;
    },
    err: async (text) => {
      said.err += text;
      options.err?.(text);
    },
    ...(options.columns !== undefined && { columns: options.columns }),
  });
  return { code: await command.run(argv, options.signal ?? new AbortController().signal), ...said };
}
