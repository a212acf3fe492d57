import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fault } from '#kernel';
import type { SeedTask } from '#plugins/synthesizer/api';
import type { TrajectoryFormats } from '#plugins/trajectory-formats/api';
import type { ReportInput } from '../api.ts';
import type { SynthesisReportConfig } from '../config.ts';
import { datasetCard } from './card.ts';
import { SPLITS, type Split, splitSeeds } from './splits.ts';

const CARD = 'README.md';
const TITLE = '# Seed tasks for tool-using agents';

/** A folder that is there as a whole. Fault FOLDER_TAKEN (`conflict`) where something else is in the way. */
export async function writeDataset(
  input: ReportInput,
  folder: string,
  config: SynthesisReportConfig,
  formats: TrajectoryFormats,
): Promise<readonly string[]> {
  const target = path.resolve(folder);
  await refuseOther(target);
  const part = `${target}.part-${process.pid}`;
  const splits = splitSeeds(input.dataset, { test: config.testShare, validation: config.validationShare });
  const names: string[] = [CARD];
  try {
    await mkdir(path.join(part, 'data'), { recursive: true });
    for (const split of SPLITS) {
      const seeds = splits[split];
      if (seeds.length === 0) continue;
      const name = path.join('data', split);
      await writeFile(path.join(part, `${name}.jsonl`), seeds.map((seed) => `${JSON.stringify(seed)}\n`).join(''));
      await formats.writeTable(path.join(part, `${name}.parquet`), seeds.map(rowOf));
      names.push(`${name}.jsonl`, `${name}.parquet`);
    }
    const sizes = Object.fromEntries(SPLITS.map((split) => [split, splits[split].length])) as Record<Split, number>;
    await writeFile(path.join(part, CARD), datasetCard(input, sizes, config.rows));
    await rm(target, { recursive: true, force: true });
    await rename(part, target);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
  return names.map((name) => path.join(target, name));
}

async function refuseOther(target: string): Promise<void> {
  const there = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (there.length === 0) return;
  const card = await readFile(path.join(target, CARD), 'utf8').catch(() => '');
  if (card.includes(TITLE)) return;
  throw fault('FOLDER_TAKEN', `${target} holds something else`, {
    kind: 'conflict',
    hint: 'name a folder that is not there',
  });
}

/** Lists and objects as JSON text, so that every reader takes it. */
const rowOf = (seed: SeedTask) => ({
  task_id: seed.task_id,
  task_type: seed.task_type,
  domain: seed.domain,
  description: seed.description,
  expected_tools: JSON.stringify(seed.expected_tools),
  constraints: JSON.stringify(seed.constraints),
  success_criteria: JSON.stringify(seed.success_criteria),
  max_steps: seed.max_steps,
  complexity: seed.complexity,
  trials: seed.difficulty.trials,
  pass_rate: seed.difficulty.pass_rate ?? null,
  verified: seed.verified,
  lineage: JSON.stringify(seed.lineage),
});
