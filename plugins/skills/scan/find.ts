import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { SkillDiagnostic } from '../api.ts';
import type { SkillsConfig } from '../config.ts';

export interface Found {
  /** Folders with a SKILL.md, in the order of their paths. */
  readonly skills: readonly string[];
  /** All that were looked into, with their inode: what changes in them may be a skill. */
  readonly folders: ReadonlyMap<string, number>;
  readonly problems: readonly SkillDiagnostic[];
}

const NOT_INTO = new Set(['node_modules', '.git']);

/** The file that makes a folder a skill: `SKILL.md`, or what some write, `skill.md`. */
export const manifestOf = (entries: readonly Dirent[]): string | undefined =>
  ['SKILL.md', 'skill.md'].find((name) => entries.some((entry) => entry.name === name));

interface FindOptions {
  /** Look into hidden folders, too. */
  readonly hidden?: boolean;
  /** Skills that did not change, and are not looked at. */
  readonly known?: ReadonlySet<string>;
}

/** Breadth first. Links are not followed, and nothing below a skill is another one. */
export async function findSkills(
  top: string,
  limits: SkillsConfig['limits'],
  { hidden = false, known }: FindOptions = {},
): Promise<Found> {
  const skills: string[] = [];
  const folders = new Map<string, number>();
  const problems: SkillDiagnostic[] = [];
  const warn = (at: string, code: string, message: string): void => {
    problems.push({ path: at, level: 'warning', code, message });
  };
  let level = [top];
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (folders.size >= limits.folders) {
        warn(top, 'SKILLS_TOO_MANY_FOLDERS', `only ${limits.folders} folders are looked into`);
        return { skills: skills.sort(), folders, problems };
      }
      if (known?.has(folder)) {
        skills.push(folder);
        continue;
      }
      const entries = await entriesOf(folder);
      if (entries === undefined) continue;
      folders.set(folder, entries.inode);
      if (manifestOf(entries.all) !== undefined) {
        skills.push(folder);
        continue;
      }
      for (const entry of entries.all) {
        const below = path.join(folder, entry.name);
        if (NOT_INTO.has(entry.name) || (entry.name.startsWith('.') && !hidden)) continue;
        if (entry.isSymbolicLink()) warn(below, 'SKILL_LINK', 'links are not followed');
        else if (entry.isDirectory()) {
          if (depth < limits.depth) next.push(below);
          else warn(below, 'SKILLS_TOO_DEEP', `not looked into: more than ${limits.depth} levels deep`);
        }
      }
    }
    level = next;
  }
  return { skills: skills.sort(), folders, problems };
}

async function entriesOf(folder: string): Promise<{ all: Dirent[]; inode: number } | undefined> {
  try {
    const { ino } = await lstat(folder);
    return { all: await readdir(folder, { withFileTypes: true }), inode: ino };
  } catch {
    return undefined; // gone, or not to be read
  }
}
