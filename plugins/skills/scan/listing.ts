import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { reason } from '#kernel';
import type { SkillsConfig } from '../config.ts';
import type { Problem } from '../format/rules.ts';
import { isInside } from './files.ts';

export interface ListedFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** Where its bytes are; in the skill's own folder. */
  readonly real: string;
  /** Another one after every edit. */
  readonly stamp: string;
  /** For who looks for files; what comes with dependencies is read, but not told of. */
  readonly isShown: boolean;
}
export interface Listing {
  /** In the order of their paths. */
  readonly files: readonly ListedFile[];
  /** The skill's own and all below, with their inode. */
  readonly folders: ReadonlyMap<string, number>;
  /** When something last changed, by the clock of the file system. */
  readonly changedAt: number;
  readonly problems: readonly Problem[];
}

const DEPTH = 12;
/** Neither a line of its own, nor a tag, nor unseen. */
const PLAIN_NAME = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029\ufffd<>"\\]+$/u;

/** All files of a skill, without reading one. `root` is its real path. One that leads outside is an error of the skill. */
export async function listFiles(root: string, limits: SkillsConfig['limits']): Promise<Listing> {
  const files: ListedFile[] = [];
  const folders = new Map<string, number>();
  const problems: Problem[] = [];
  let bytes = 0;
  let changedAt = 0;
  const say = (level: Problem['level'], code: string, message: string): void => {
    problems.push({ level, code, message });
  };

  const link = async (full: string, relative: string): Promise<{ real: string; stats: Stats } | undefined> => {
    const real = await realpath(full).catch(() => undefined);
    if (real !== undefined && !isInside(root, real)) {
      say('error', 'SKILL_LINK_OUTSIDE', `${quoted(relative)} is a link that leads out of the skill`);
      return undefined;
    }
    const stats = real === undefined ? undefined : await stat(real);
    if (real !== undefined && stats?.isFile()) return { real, stats };
    say('warning', 'SKILL_LINK', `${quoted(relative)} is a link to no file; it is overlooked`);
    return undefined;
  };

  const entry = async (found: Dirent, folder: string, relative: string, isShown: boolean): Promise<void> => {
    const full = path.join(folder, found.name);
    if (!found.isFile() && !found.isSymbolicLink())
      return say('warning', 'SKILL_SPECIAL_FILE', `${quoted(relative)} is no file; it is overlooked`);
    const target = found.isFile() ? { real: full, stats: await lstat(full) } : await link(full, relative);
    if (target === undefined) return;
    const { size, ino, mtimeMs, ctimeMs } = target.stats;
    bytes += size;
    changedAt = Math.max(changedAt, ctimeMs);
    const plain = PLAIN_NAME.test(found.name);
    if (!plain) say('warning', 'SKILL_FILE_NAME', `${quoted(relative)} is not named: its name is not plain`);
    files.push({
      path: relative,
      real: target.real,
      stamp: `${ino} ${size} ${mtimeMs} ${ctimeMs}`,
      isShown: isShown && plain,
    });
  };

  const walk = async (folder: string, prefix: string, depth: number, isShown: boolean): Promise<void> => {
    const { ino, ctimeMs } = await lstat(folder);
    folders.set(folder, ino);
    changedAt = Math.max(changedAt, ctimeMs);
    const all = await readdir(folder, { withFileTypes: true });
    for (const found of all.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.name === '.git') continue;
      const relative = prefix + found.name;
      if (files.length >= limits.files || bytes > limits.totalMb * 1_048_576) throw TOO_LARGE;
      if (!found.isDirectory()) await entry(found, folder, relative, isShown);
      else if (depth >= DEPTH) throw TOO_LARGE;
      else
        await walk(
          path.join(folder, found.name),
          `${relative}/`,
          depth + 1,
          isShown && found.name !== 'node_modules' && PLAIN_NAME.test(found.name),
        );
    }
    if (bytes > limits.totalMb * 1_048_576) throw TOO_LARGE;
  };

  try {
    await walk(root, '', 0, true);
  } catch (error) {
    if (error === TOO_LARGE) {
      const most = `${limits.files} files, ${limits.totalMb} MiB, ${DEPTH} levels of folders`;
      say('error', 'SKILL_TOO_LARGE', `has more than ${most}`);
    } else say('error', 'SKILL_UNREADABLE', `cannot be read: ${reason(error)}`);
  }
  return { files, folders, changedAt, problems };
}

const TOO_LARGE = new Error('too large');
const quoted = (name: string): string => JSON.stringify(name.slice(0, 120));
