import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { SessionFolder, SessionFormat } from './format.ts';

/** A session of which every line is a file of its own. */
export interface FolderSession {
  readonly folder: string;
  /** What people call it. */
  readonly name: string;
  readonly format: SessionFormat;
  /** Of its files, by their numbers. */
  readonly files: readonly string[];
}

/** Names say what may be one; one of the first files has to be a line, too. */
const TRIED = 3;
const LONGEST_TRIED = 1 << 22;

/** The session that a folder with files of these names holds, if it does. */
export async function sessionAmong(
  folder: string,
  names: readonly string[],
  formats: readonly SessionFormat[],
): Promise<FolderSession | undefined> {
  for (const format of formats) {
    const files = format.folder === undefined ? [] : numbered(names, format.folder);
    for (const file of files.slice(0, TRIED))
      if (format.recognisesLine(await lineIn(join(folder, file))))
        return { folder, name: nameOf(folder, format.folder!), format, files };
  }
  return undefined;
}

/** The session that a folder holds; undefined also where it is no folder. */
export async function sessionIn(path: string, formats: readonly SessionFormat[]): Promise<FolderSession | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory() !== true) return undefined;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return sessionAmong(path, await fileNames(path, entries), formats);
}

/** Files, and links that lead to one. */
export async function fileNames(folder: string, entries: readonly Dirent[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const entry of entries)
    if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(join(folder, entry.name)))))
      names.push(entry.name);
  return names;
}

const leadsToFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );

/** Where, going by names, the session is of which this file may be a line, or a copy of some. */
export function placeOfSession(file: string, formats: readonly SessionFormat[]): string | undefined {
  const folder = dirname(file);
  const isLine = formats.some((format) => format.folder?.files.test(basename(file)));
  return placeOfCopied(folder, formats) ?? (isLine ? folder : undefined);
}

/** Where, going by names, the session is whose lines this folder has a second time. */
export function placeOfCopied(folder: string, formats: readonly SessionFormat[]): string | undefined {
  const kind = formats.find((format) => format.folder?.copies === basename(folder))?.folder;
  return kind === undefined ? undefined : join(dirname(folder), kind.name);
}

function numbered(names: readonly string[], { files }: SessionFolder): readonly string[] {
  const found = names.map((name) => ({ name, number: files.exec(name)?.[1] }));
  return found
    .filter(({ number }) => number !== undefined)
    .sort((a, b) => Number(a.number) - Number(b.number) || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

function nameOf(folder: string, { name }: SessionFolder): string {
  const full = resolve(folder);
  return basename(full) === name ? basename(dirname(full)) : basename(full);
}

async function lineIn(file: string): Promise<unknown> {
  try {
    const { size } = await stat(file);
    return size > LONGEST_TRIED ? undefined : (JSON.parse(await readFile(file, 'utf8')) as unknown);
  } catch {
    return undefined;
  }
}
