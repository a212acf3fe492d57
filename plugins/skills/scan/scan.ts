import path from 'node:path';
import type { SkillDiagnostic } from '../api.ts';
import type { SkillsConfig } from '../config.ts';
import { findSkills } from './find.ts';
import { type Reading, readSkill } from './read-skill.ts';
import { leadsOutside, type Root } from './roots.ts';

export interface Scanned {
  /** By folder, the first that wins first. */
  readonly readings: ReadonlyMap<string, Reading & { readonly scope: Root['scope'] }>;
  readonly folders: ReadonlyMap<string, number>;
  readonly problems: readonly SkillDiagnostic[];
}
export type ScopedReading = Reading & { readonly scope: Root['scope'] };

/** Folders read at once: the disk is asked by a pool of four threads. */
const AT_ONCE = 16;

/**
 * All skills of all folders. Files that did not change since `before` are not read again; where `changed` says in which
 * folders something did, the others are not even looked at.
 */
export async function scan(
  roots: readonly Root[],
  { mode, limits }: SkillsConfig,
  before: ReadonlyMap<string, ScopedReading>,
  changed?: ReadonlySet<string>,
): Promise<Scanned> {
  const known = unchanged(before, changed);
  const folders = new Map<string, number>();
  const problems: SkillDiagnostic[] = [];
  const wanted: { readonly folder: string; readonly scope: Root['scope'] }[] = [];
  for (const root of roots) {
    if (await leadsOutside(root)) {
      const message = 'is a link that leads out of the working directory; it is not looked into';
      problems.push({ path: root.folder, level: 'error', code: 'SKILLS_FOLDER_OUTSIDE', message });
      continue;
    }
    const found = await findSkills(root.folder, limits, { known });
    for (const [folder, inode] of found.folders) folders.set(folder, inode);
    problems.push(...found.problems);
    for (const folder of found.skills) wanted.push({ folder, scope: root.scope });
  }
  if (wanted.length > limits.skills) {
    const message = `only ${limits.skills} of ${wanted.length} skills are read`;
    problems.push({ path: path.resolve('.'), level: 'warning', code: 'SKILLS_TOO_MANY', message });
    wanted.length = limits.skills;
  }
  const read = new Map<string, ScopedReading>();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < wanted.length; at = next++) {
      const { folder, scope } = wanted[at]!;
      const earlier = before.get(folder);
      const reading = known.has(folder) ? earlier! : await readSkill(folder, { mode, limits, before: earlier });
      read.set(folder, { ...reading, scope });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const readings = new Map<string, ScopedReading>();
  for (const { folder } of wanted) {
    const reading = read.get(folder)!;
    readings.set(folder, reading);
    for (const [each, inode] of reading.folders) folders.set(each, inode);
  }
  return { readings, folders, problems };
}

/** Skills in none of whose folders something changed. */
function unchanged(before: ReadonlyMap<string, ScopedReading>, changed: ReadonlySet<string> | undefined): Set<string> {
  if (changed === undefined) return new Set();
  const isChanged = ({ folder, folders }: ScopedReading): boolean =>
    folders.size === 0 || changed.has(folder) || [...folders.keys()].some((each) => changed.has(each));
  return new Set([...before.values()].filter((each) => !isChanged(each)).map(({ folder }) => folder));
}
