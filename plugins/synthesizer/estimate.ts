import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { isFault } from '#kernel';
import { TokenCounter } from '#plugins/context/api';
import type { Redactor } from '#plugins/redaction/api';
import type { Storage } from '#plugins/storage/api';
import type { TaskSimilarity } from '#plugins/task-similarity/api';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { ImportedRun, TrajectoryFormats } from '#plugins/trajectory-formats/api';
import type { Ask, EssenceStrategy, Estimate, SeedDraft, SeedEvidence } from './api.ts';
import { evidenceOf } from './evidence.ts';
import type { Recipes } from './stages/recipes.ts';
import { difficultyOf } from './stages/trials.ts';
import { moneySpent } from './store/call-table.ts';
import { idsWithEssence } from './store/essence-table.ts';
import { taskFacts } from './task-facts.ts';

/** Longest answers are rarely given: what answers of these stages have on average where nothing is known yet, in tokens. */
const OUTPUT = { essence: 150, seed: 280, evolve: 280 } as const;
const MOST_REQUEST = 2_000;
/** Of the sentence and the frame that go with every request. */
const FRAME_TOKENS = 30;

export interface EstimateParts {
  readonly storage: Storage;
  readonly archive: TrajectoryArchive;
  readonly formats: TrajectoryFormats;
  readonly similarity: TaskSimilarity;
  readonly redactor: Redactor;
  readonly recipes: Recipes;
  /** Makes essences without a model, for what seeds will be asked. */
  readonly structural: EssenceStrategy | undefined;
  readonly model: string | undefined;
  readonly usd: (model: string, tokens: { readonly input: number; readonly output: number }) => number | undefined;
}

/** What a run would ask, from a sample of the files that is spread over all of them. Imports nothing, asks no model. */
export async function estimate(
  paths: readonly string[],
  sampleRuns: number,
  parts: EstimateParts,
  signal: AbortSignal,
): Promise<Estimate> {
  const { runs, factor } = await sample(paths, sampleRuns, parts, signal);
  const made = await idsWithEssence(parts.storage, parts.recipes.essence.recipe);
  const fresh = runs.filter(({ id }) => !made.has(id));
  const tasks = tasksAmong(await parts.similarity.identity().assign(fresh.map(taskFacts)), fresh.length * factor);
  const average = await averageOutputs(parts.storage);
  const total = { calls: 0, input: 0, output: 0 };
  const add = (tokens: number | undefined, stage: keyof typeof OUTPUT, times: number): void => {
    if (tokens === undefined) return;
    total.calls += times;
    total.input += tokens * times;
    total.output += (average.get(stage) ?? OUTPUT[stage]) * times;
  };
  const seedsEach = fresh.length === 0 ? 0 : tasks / fresh.length;
  for (const run of fresh) {
    const { essence, seed, evolve } = await asked(run, parts);
    add(essence, 'essence', factor);
    add(seed, 'seed', seedsEach);
    add(evolve, 'evolve', seedsEach);
  }
  const calls = Math.round(total.calls);
  const [inputTokens, outputTokens] = [Math.round(total.input), Math.round(total.output)];
  const usd = parts.model === undefined ? 0 : parts.usd(parts.model, { input: inputTokens, output: outputTokens });
  return { calls, inputTokens, outputTokens, ...(usd !== undefined && { usd }) };
}

/**
 * How many different tasks there are among `total` runs, from a sample of them: those seen, and of those that the sample's
 * rare ones let expect, as many as so many more runs will show (Chao's estimator and its extrapolation).
 */
export function tasksAmong(sampled: readonly string[], total: number): number {
  const sizes = new Map<string, number>();
  for (const cluster of sampled) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  const once = [...sizes.values()].filter((size) => size === 1).length;
  const twice = [...sizes.values()].filter((size) => size === 2).length;
  const further = total - sampled.length;
  if (further <= 0 || once === 0) return sizes.size;
  const unseen = twice > 0 ? (once * once) / (2 * twice) : (once * (once - 1)) / 2;
  if (unseen === 0) return sizes.size;
  return sizes.size + unseen * (1 - (1 - once / (sampled.length * unseen + once)) ** further);
}

/** Runs, and how many each of them stands for. */
async function sample(
  paths: readonly string[],
  most: number,
  { formats }: EstimateParts,
  signal: AbortSignal,
): Promise<{ readonly runs: readonly ImportedRun[]; readonly factor: number }> {
  const files: string[] = [];
  for (const path of paths) for await (const file of formats.files(path, signal)) files.push(file);
  const runs = new Map<string, ImportedRun>();
  const each = Math.max(2, Math.ceil(most / Math.max(1, files.length)));
  let estimated = 0;
  let read = 0;
  for (const file of files) {
    const { size } = await stat(file);
    let bytes = 0;
    let here = 0;
    let whole = true;
    for await (const event of formats.read(file, { signal })) {
      if (event.type !== 'run') continue;
      runs.set(event.run.id, event.run);
      bytes = event.place.offset + event.place.bytes;
      if (++here >= each) {
        whole = false;
        break;
      }
    }
    read += here;
    estimated += whole || bytes === 0 ? here : Math.max(here, (here * size) / bytes);
    if (read >= most * 2) break;
  }
  return { runs: [...runs.values()], factor: read === 0 ? 0 : estimated / read };
}

class Asked extends Error {}

/** Tokens of what is asked of one run; undefined where its strategy asks no model. */
async function asked(run: ImportedRun, parts: EstimateParts) {
  const { evidence } = evidenceOf(run, parts.redactor);
  const counter = new TokenCounter({});
  const tokensOf = async (work: (ask: Ask) => Promise<unknown>): Promise<number | undefined> => {
    let tokens: number | undefined;
    const ask: Ask = async (question) => {
      const shape = JSON.stringify(z.toJSONSchema(question.schema, { io: 'input', unrepresentable: 'any' }));
      tokens = counter.text(`${question.system}${shape}${question.user}`) + FRAME_TOKENS;
      throw new Asked();
    };
    await work(ask).catch((error: unknown) => {
      // Of what no task can be made nothing is asked.
      if (!(error instanceof Asked) && !(isFault(error) && error.code === 'SEED_UNUSABLE')) throw error;
    });
    return tokens;
  };
  const essence = await tokensOf((ask) => parts.recipes.essence.strategy.essence(evidence, ask));
  if (parts.structural === undefined) return { essence };
  const stood = await parts.structural.essence(evidence, () => Promise.reject(new Asked()));
  const of: SeedEvidence = { ...evidence, essence: stood, difficulty: difficultyOf([run]) };
  const seed = await tokensOf((ask) => parts.recipes.seed.strategy.seed(of, ask));
  const parent = standIn(of);
  const near = [{ ...parent, description: `${parent.description} ` }];
  const evolve = await tokensOf((ask) => parts.recipes.evolve.strategy.evolve({ ...of, parent, near }, ask));
  return { essence, seed, evolve };
}

/** A seed about as long as the one that will be made. */
const standIn = ({ essence, run }: SeedEvidence): SeedDraft => ({
  task_type: essence.task_type,
  domain: essence.domain,
  description: run.request.slice(0, MOST_REQUEST) || essence.description,
  expected_tools: essence.tools,
  constraints: [],
  success_criteria: [],
  max_steps: 10,
  complexity: essence.complexity,
});

/** What answers had so far. */
async function averageOutputs(storage: Storage): Promise<ReadonlyMap<string, number>> {
  const { byStage } = await moneySpent(storage);
  return new Map(
    Object.entries(byStage)
      .filter(([, { calls }]) => calls > 0)
      .map(([stage, { outputTokens, calls }]) => [stage, outputTokens / calls]),
  );
}
