import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fault, reason } from '#kernel';
import type { ReportInput } from '#plugins/synthesizer/api';
import type { TrajectoryFormats } from '#plugins/trajectory-formats/api';
import type { SynthesisReportConfig } from '../config.ts';
import { datasetCard, TITLE } from './card.ts';
import { rowOf, wellFormed } from './fields.ts';
import { SPLITS, type Split, splitSeeds } from './splits.ts';

const CARD = 'README.md';
const DATA = 'data';
const OWN: ReadonlySet<string> = new Set([
  CARD,
  DATA,
  ...SPLITS.flatMap((split) => [path.join(DATA, `${split}.jsonl`), path.join(DATA, `${split}.parquet`)]),
]);

/**
 * A folder that is there as a whole. Faults: FOLDER_TAKEN (`conflict`) where something else is in the way,
 * DATASET_NOT_WRITTEN (`unavailable`); what was there stays.
 */
export async function writeDataset(
  input: ReportInput,
  folder: string,
  config: SynthesisReportConfig,
  formats: TrajectoryFormats,
): Promise<readonly string[]> {
  const target = path.resolve(folder);
  const part = `${target}.part-${process.pid}`;
  const old = `${target}.old-${process.pid}`;
  try {
    await tidy(target);
    await refuseOther(target);
    await remove(part);
    const names = await writeFiles(input, part, config, formats);
    await remove(old);
    const replaces = await rename(target, old).then(() => true, ifAbsent);
    await rename(part, target).catch(async (error: unknown) => {
      if (replaces) await rename(old, target);
      throw error;
    });
    await remove(old);
    return names.map((name) => path.join(target, name));
  } catch (error) {
    await remove(part).catch(() => undefined);
    if ((error as { readonly code?: unknown }).code === 'FOLDER_TAKEN') throw error;
    throw fault('DATASET_NOT_WRITTEN', `${target} could not be written: ${reason(error)}`, { kind: 'unavailable' });
  }
}

async function writeFiles(
  input: ReportInput,
  into: string,
  config: SynthesisReportConfig,
  formats: TrajectoryFormats,
): Promise<readonly string[]> {
  const splits = splitSeeds(input.dataset, { test: config.testShare, validation: config.validationShare });
  const names: string[] = [CARD];
  await mkdir(path.join(into, DATA), { recursive: true });
  for (const split of SPLITS) {
    const seeds = splits[split].map(wellFormed);
    if (seeds.length === 0) continue;
    const name = path.join(DATA, split);
    const lines = seeds.map((seed) => `${JSON.stringify(seed)}\n`).join('');
    await writeFile(path.join(into, `${name}.jsonl`), lines, { flush: true });
    await formats.writeTable(path.join(into, `${name}.parquet`), seeds.map(rowOf));
    names.push(`${name}.jsonl`, `${name}.parquet`);
  }
  const sizes = Object.fromEntries(SPLITS.map((split) => [split, splits[split].length])) as Record<Split, number>;
  await writeFile(path.join(into, CARD), datasetCard(input, sizes, config.rows), { flush: true });
  return names;
}

/** What a process that was killed left beside the folder; what it had put aside comes back where nothing took its place. */
async function tidy(target: string): Promise<void> {
  const beside = path.dirname(target);
  for (const name of await readdir(beside).catch(() => [])) {
    const [, base, kind, pid] = /^(.+)\.(part|old)-(\d+)$/.exec(name) ?? [];
    if (base !== path.basename(target) || Number(pid) === process.pid || isAlive(Number(pid))) continue;
    const left = path.join(beside, name);
    if (kind === 'old' && (await lstat(target).catch(ifAbsent)) === false) await rename(left, target);
    else await remove(left);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Only a dataset that was written here may be replaced, and only where nothing was put beside it. */
async function refuseOther(target: string): Promise<void> {
  const is = await lstat(target).catch(ifAbsent);
  if (is === false) return;
  if (!is.isDirectory()) throw taken(target, 'is no folder');
  const names = await readdir(target, { recursive: true });
  if (names.length === 0) return;
  const strange = names.find((name) => !OWN.has(name));
  if (strange !== undefined) throw taken(target, `holds something else, such as ${strange}`);
  const card = await readFile(path.join(target, CARD), 'utf8').catch(() => '');
  if (!card.includes(`\n# ${TITLE}\n`)) throw taken(target, 'holds something else');
}

const taken = (target: string, what: string) =>
  fault('FOLDER_TAKEN', `${target} ${what}`, { kind: 'conflict', hint: 'name a folder that is not there' });

function ifAbsent(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT') return false;
  throw error;
}

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
