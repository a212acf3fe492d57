import { createHash } from 'node:crypto';
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { reason } from '#kernel';
import type { SkillsConfig } from '../config.ts';
import { readFrontmatter } from '../format/frontmatter.ts';
import { type Facts, judge, type Problem, strictly } from '../format/rules.ts';
import { readRegular } from './files.ts';
import { manifestOf } from './find.ts';
import { type Listing, listFiles } from './listing.ts';

/** One reading of a skill's folder: what it says, or why it says nothing. Nothing of it is run. */
export interface Reading {
  /** Where it was found. */
  readonly folder: string;
  /** The same without links: what trust is bound to. */
  readonly real: string;
  /** The same for the same files, without reading them. */
  readonly stamp: string;
  readonly changedAt: number;
  readonly readAt: number;
  readonly folders: ReadonlyMap<string, number>;
  readonly problems: readonly Problem[];
  readonly skill: ReadSkill | undefined;
}
export interface ReadSkill extends Facts {
  readonly body: string;
  /** sha256 over the path and content of every file. */
  readonly hash: string;
  readonly files: ReadonlyMap<string, KnownFile>;
}
export interface KnownFile {
  readonly real: string;
  readonly stamp: string;
  readonly sha256: string;
  readonly isShown: boolean;
}

export interface ReadOptions {
  readonly mode: SkillsConfig['mode'];
  readonly limits: SkillsConfig['limits'];
  /** Its files are not read again where their stamps say that nothing changed. */
  readonly before?: Reading | undefined;
  /** The folder has no name of its own yet. */
  readonly isNameless?: boolean;
}

export async function readSkill(folder: string, options: ReadOptions): Promise<Reading> {
  const readAt = Date.now();
  const nothing = { folder, real: folder, stamp: '', changedAt: 0, readAt, folders: new Map<string, number>() };
  try {
    const real = await realpath(folder);
    const listing = await listFiles(real, options.limits);
    const stamp = listing.files.map((file) => `${file.path}\0${file.stamp}`).join('\0');
    const before = isFirm(options.before) ? options.before : undefined;
    const { changedAt, folders } = listing;
    if (before !== undefined && stamp !== '' && before.stamp === stamp && before.real === real)
      return { ...before, changedAt, folders };
    const examined = await examine(folder, real, listing, { ...options, before });
    return { folder, real, stamp, changedAt, readAt, folders, ...examined };
  } catch (error) {
    const problem: Problem = { level: 'error', code: 'SKILL_UNREADABLE', message: `cannot be read: ${reason(error)}` };
    return { ...nothing, problems: [problem], skill: undefined };
  }
}

/** What changed as it was read may have changed once more within one tick of the file system's clock, unseen. */
const TICK_MS = 20;
const isFirm = (reading: Reading | undefined): boolean =>
  reading !== undefined && reading.readAt - reading.changedAt > TICK_MS;

async function examine(
  folder: string,
  real: string,
  listing: Listing,
  { mode, limits, before, isNameless }: ReadOptions,
): Promise<Pick<Reading, 'problems' | 'skill'>> {
  const fail = (code: string, message: string) => ({
    skill: undefined,
    problems: [...listing.problems, { level: 'error' as const, code, message }],
  });
  if (hasError(listing.problems)) return { skill: undefined, problems: listing.problems };
  const name = manifestOf(await readdir(real, { withFileTypes: true }));
  const manifest = listing.files.find((file) => file.path === name);
  if (manifest === undefined) return fail('SKILL_MANIFEST_MISSING', 'has no file SKILL.md');
  const bytes = await readRegular(manifest.real, limits.skillKb * 1_024);
  if (bytes === undefined) return fail('SKILL_TOO_LARGE', `SKILL.md is larger than ${limits.skillKb} KiB`);
  const read = readFrontmatter(bytes, limits.frontmatterKb * 1_024, mode === 'lenient');
  if ('problem' in read) return fail(read.code, `SKILL.md ${read.problem}`);
  const judged = judge({ ...read, folder: isNameless ? undefined : path.basename(folder) });
  const said = [...judged.problems];
  if (read.requoted)
    said.push({ level: 'warning', code: 'SKILL_YAML', message: 'a value that holds a colon needs quotes' });
  const problems = [...listing.problems, ...(mode === 'strict' ? strictly(said) : said)];
  if (judged.facts === undefined || hasError(problems)) return { skill: undefined, problems };
  const files = await hashFiles(listing, new Map([[manifest.path, bytes]]), before?.skill, limits);
  return { problems, skill: { ...judged.facts, body: read.body, files, hash: hashOf(files) } };
}

/** `known` are the bytes that were read already: what is parsed and what is hashed are the same. */
async function hashFiles(
  { files }: Listing,
  known: ReadonlyMap<string, Buffer>,
  before: ReadSkill | undefined,
  limits: SkillsConfig['limits'],
): Promise<Map<string, KnownFile>> {
  const hashed = new Map<string, KnownFile>();
  let left = limits.totalMb * 1_048_576;
  for (const { path: file, real, stamp, isShown } of files) {
    const earlier = before?.files.get(file);
    const isSame = earlier?.stamp === stamp && earlier.real === real && !known.has(file);
    const bytes = isSame ? undefined : (known.get(file) ?? (await readRegular(real, left)));
    if (!isSame && bytes === undefined) throw new Error(`${JSON.stringify(file)} changed while it was read`);
    left -= bytes?.length ?? 0;
    const sha256 = bytes === undefined ? earlier!.sha256 : createHash('sha256').update(bytes).digest('hex');
    hashed.set(file, { real, stamp, sha256, isShown });
  }
  return hashed;
}

const hashOf = (files: ReadonlyMap<string, KnownFile>): string => {
  const hash = createHash('sha256');
  for (const [file, { sha256 }] of files) hash.update(`${file.length} ${file} ${sha256}\n`);
  return hash.digest('hex');
};

export const hasError = (problems: readonly Problem[]): boolean => problems.some(({ level }) => level === 'error');
