import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** Says that a folder is a whole installation; it is written last. */
const MARKER = 'installed.json';
const marker = z.object({
  package: z.string(),
  version: z.string(),
  /** As the registry announced it and npm checked it. */
  integrity: z.string().optional(),
  bin: z.string(),
  isNodeScript: z.boolean(),
  /** Of package-lock.json, hex. */
  lockSha256: z.string(),
  files: z.number(),
  bytes: z.number(),
  /** Over names, kinds and sizes of all files, hex. */
  digest: z.string(),
  installedAt: z.number(),
});
export type Installation = z.output<typeof marker>;

export interface Contents {
  readonly files: number;
  readonly bytes: number;
  readonly digest: string;
  /** Links that lead out of the folder, and what is neither file, folder nor link. */
  readonly strange: readonly string[];
  readonly paths: readonly string[];
}

/** All that is in an installation; the marker and what npm changes by itself are left out. */
export function contentsOf(folder: string): Contents {
  const hash = createHash('sha256');
  const strange: string[] = [];
  const paths: string[] = [];
  let bytes = 0;
  const walk = (at: string): void => {
    for (const name of readdirSync(path.join(folder, at)).sort()) {
      const file = at === '' ? name : `${at}/${name}`;
      if (file === MARKER) continue;
      const absolute = path.join(folder, file);
      const info = lstatSync(absolute);
      paths.push(file);
      if (info.isDirectory()) {
        hash.update(`d ${file}\n`);
        walk(file);
      } else if (info.isSymbolicLink()) {
        const target = readlinkSync(absolute);
        hash.update(`l ${file} ${target}\n`);
        const leads = path.resolve(path.dirname(absolute), target);
        if (path.isAbsolute(target) || !leads.startsWith(folder + path.sep)) strange.push(file);
      } else if (info.isFile()) {
        hash.update(`f ${file} ${info.size}\n`);
        bytes += info.size;
      } else strange.push(file);
    }
  };
  walk('');
  return { files: paths.length, bytes, digest: hash.digest('hex'), strange, paths };
}

export const lockSha256 = (folder: string): string =>
  createHash('sha256')
    .update(readFileSync(path.join(folder, 'package-lock.json')))
    .digest('hex');

/** The marker, on the disk before this returns. */
export async function writeMarker(folder: string, installation: Installation): Promise<void> {
  const file = path.join(folder, MARKER);
  await writeFile(file, `${JSON.stringify(installation, null, 2)}\n`);
  await sync(file);
  await sync(folder);
}

/** Brings a file or the entries of a folder onto the disk. */
export async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Undefined where there is no whole installation. Does not look at the files: `brokenness` does. */
export function readMarker(folder: string): Installation | undefined {
  try {
    return marker.parse(JSON.parse(readFileSync(path.join(folder, MARKER), 'utf8')));
  } catch {
    return undefined;
  }
}

/** What is wrong with the files of an installation, compared with what was installed. */
export function brokenness(folder: string, installation: Installation): string | undefined {
  try {
    if (lockSha256(folder) !== installation.lockSha256) return 'its package-lock.json was changed';
    const now = contentsOf(folder);
    if (now.files !== installation.files)
      return `it has ${now.files} files and folders, and had ${installation.files} when it was installed`;
    return now.digest === installation.digest ? undefined : 'files were changed, renamed or cut short';
  } catch (error) {
    return `its files cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}
