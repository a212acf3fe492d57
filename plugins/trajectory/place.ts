import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fault, reason } from '#kernel';
import { OWN_FILE, OWN_FOLDER } from './journal/append-file.ts';
import { PACKS, SEGMENTS, WRITERS } from './journal/file-names.ts';

/** Makes the folder where it is missing. Its name in the database, which moves with it. Fault TRAJECTORY_UNWRITABLE. */
export function openPlace(dir: string): string {
  try {
    for (const folder of [SEGMENTS, PACKS, WRITERS])
      mkdirSync(path.join(dir, folder), { recursive: true, mode: OWN_FOLDER });
    const file = path.join(dir, 'place');
    const made = path.join(dir, `place-${randomUUID()}`);
    return known(file) ?? take(made, file);
  } catch (error) {
    throw fault('TRAJECTORY_UNWRITABLE', `${dir} cannot be written: ${reason(error)}`, {
      kind: 'unavailable',
      hint: 'trajectory.dir names the folder',
      cause: error,
    });
  }
}

/** Of two processes that start at the same time one is the first, and both have its name. */
function take(made: string, file: string): string {
  writeFileSync(made, randomUUID(), { mode: OWN_FILE });
  try {
    linkSync(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(made, { force: true });
  }
  return readFileSync(file, 'utf8').trim();
}

function known(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
