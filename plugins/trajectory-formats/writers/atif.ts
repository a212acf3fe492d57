import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fault } from '#kernel';
import type { RunWriter } from '../api.ts';
import { trajectoryOf } from './atif-trajectory.ts';
import { jsonLines } from './json-lines.ts';
import { hiddenBeside, syncFolder, unwritable, WholeFile } from './whole-file.ts';

/**
 * ATIF 1.7. One file a run is its convention: so it is where the path is a folder or ends in `/`. `.jsonl` means a run a line;
 * any other file holds one array.
 */
export async function atifWriter(target: string): Promise<RunWriter> {
  if (target.endsWith('.jsonl')) return jsonLines(target, trajectoryOf);
  const folder = /[/\\]$/.test(target) || (await isFolder(target));
  return folder ? folderWriter(path.resolve(target)) : arrayWriter(target);
}

async function arrayWriter(target: string): Promise<RunWriter> {
  const file = await WholeFile.create(target);
  let before = '[\n';
  return {
    async write(run) {
      await file.write(`${before}${JSON.stringify(trajectoryOf(run))}`);
      before = ',\n';
    },
    async close() {
      if (before !== '') await file.write(before === ',\n' ? '\n]\n' : '[]\n');
      before = '';
      await file.close();
    },
    abandon: () => file.abandon(),
  };
}

/** All files are written before the first of them is put into its place. */
async function folderWriter(folder: string): Promise<RunWriter> {
  const part = hiddenBeside(folder);
  const names = new Set<string>();
  let open = true;
  try {
    await mkdir(part, { recursive: true });
  } catch (error) {
    throw unwritable(folder, error);
  }
  const abandon = async (): Promise<void> => {
    open = false;
    await rm(part, { recursive: true, force: true });
  };
  return {
    abandon,
    async write(run) {
      if (!open) throw fault('WRITER_CLOSED', `${folder} is written already`, { kind: 'conflict' });
      const name = `${run.id}.json`;
      const file = await WholeFile.create(path.join(part, name));
      try {
        await file.write(`${JSON.stringify(trajectoryOf(run))}\n`);
        await file.close();
      } finally {
        await file.abandon();
      }
      names.add(name);
    },
    async close() {
      if (!open) return;
      try {
        await mkdir(folder, { recursive: true });
        for (const name of names) await rename(path.join(part, name), path.join(folder, name));
        await syncFolder(folder);
      } catch (error) {
        throw unwritable(folder, error);
      } finally {
        await abandon();
      }
    },
  };
}

const isFolder = async (target: string): Promise<boolean> =>
  (await stat(target).catch(() => undefined))?.isDirectory() ?? false;
