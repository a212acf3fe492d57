import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { SkillSummary } from '../api.ts';
import type { SkillsConfig } from '../config.ts';
import { isInside } from './files.ts';

export interface Root {
  readonly folder: string;
  readonly scope: SkillSummary['scope'];
}

/** Where skills are looked for, the first that wins first. Relative folders belong to the working directory. */
export function rootsOf({ dirs, userDir, dir }: SkillsConfig): readonly Root[] {
  const roots: Root[] = dirs.map((each) => ({ folder: path.resolve(each), scope: 'project' }));
  if (userDir !== '') roots.push({ folder: path.resolve(userDir.replace(/^~(?=$|[\\/])/, homedir())), scope: 'user' });
  roots.push({ folder: path.resolve(dir), scope: 'installed' });
  return roots.filter(({ folder }, at) => roots.findIndex((other) => other.folder === folder) === at);
}

/** Whether a folder that seems to lie in the working directory is a link that leads out of it. */
export async function leadsOutside({ folder, scope }: Root): Promise<boolean> {
  if (scope !== 'project' || !isInside(process.cwd(), folder)) return false;
  const [real, here] = await Promise.all([realpath(folder).catch(() => undefined), realpath(process.cwd())]);
  return real !== undefined && !isInside(here, real);
}
