import { z } from 'zod';
import { nameOf } from '#kernel';
import { ESSENCE_STRATEGY, EVOLVE_STRATEGY, SEED_CHECK, SEED_STRATEGY } from './api.ts';

const whole = (otherwise: number, least: number, most: number) =>
  z.number().int().min(least).max(most).default(otherwise);

export const synthesizerConfig = z.strictObject({
  dir: z.string().min(1).default('data/agent').describe('folder that the files are written to'),
  essence: z
    .array(nameOf(ESSENCE_STRATEGY))
    .min(1)
    .optional()
    .describe('how essences are made: the first that lacks nothing, such as a model; left out: llm, structural'),
  seed: z
    .array(nameOf(SEED_STRATEGY))
    .min(1)
    .optional()
    .describe('how seeds are made of essences: the first that lacks nothing; left out: llm, variation'),
  evolve: nameOf(EVOLVE_STRATEGY).optional().describe('how a harder seed is made of each seed; left out: none'),
  checks: z
    .array(nameOf(SEED_CHECK))
    .optional()
    .describe('machine checks of each seed, in order; a seed that fails one is dropped; left out: all but live'),
  contamination: z
    .string()
    .default('')
    .describe('tasks of evaluation sets, one JSON object with `text` or one text a line: no seed may hold one of them'),
  nearDuplicate: z
    .number()
    .min(0.1)
    .max(1)
    .default(0.67)
    .describe('a seed that is so similar to an earlier one is dropped (Jaccard of character 5-grams)'),
  concurrency: whole(40, 1, 1_000).describe('jobs at a time in this process; fewer where the model answers 429'),
  profile: z.string().min(1).max(200).default('default').describe('profile of llm that is asked'),
  maxUsd: z
    .number()
    .min(0)
    .default(10)
    .describe('US dollars that all runs on these data together may cost; 0: no call of a priced model'),
  maxCalls: whole(1_000_000, 0, 1_000_000_000).describe('model calls that all runs on these data together may make'),
  maxOutputTokens: whole(1_024, 16, 100_000).describe('longest answer of the model, where the strategy names none'),
  giveUpAfter: whole(20, 1, 100_000).describe('jobs that fail in a row because the model is away before a run ends'),
  queueMs: whole(60_000, 0, 3_600_000).describe(
    'a queue that does not answer is waited for so long before a run ends, in milliseconds',
  ),
  batchRuns: whole(100, 1, 10_000).describe('trajectories that are kept in one write'),
  batchBytes: whole(4_194_304, 1_024, 1_073_741_824).describe('and at most so many bytes of them'),
  clusterRuns: whole(1_000, 100, 10_000_000).describe('trajectories whose tasks are compared at once'),
  recentBytes: whole(4_194_304, 0, 4_294_967_296).describe(
    'trajectories that were just read stay in memory for their jobs, in bytes',
  ),
  estimateRuns: whole(400, 1, 100_000).describe('trajectories that the estimate before a run reads'),
  quietMs: whole(30, 0, 60_000).describe(
    'a watched file is read so long after it was touched, with all that came meanwhile, in milliseconds',
  ),
  sweepMs: whole(60_000, 100, 86_400_000).describe(
    'how often watched folders are looked through for what no event told, in milliseconds',
  ),
  writeMs: whole(200, 10, 600_000).describe('shortest time between two writings of the files, in milliseconds'),
  leadMs: whole(10_000, 500, 600_000).describe(
    'the process that plans is followed by another when it was silent so long, in milliseconds',
  ),
});
export type SynthesizerConfig = z.output<typeof synthesizerConfig>;
