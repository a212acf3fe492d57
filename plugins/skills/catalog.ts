import path from 'node:path';
import type { SkillDiagnostic, SkillSummary } from './api.ts';
import type { SkillsConfig } from './config.ts';
import { oneLine } from './format/rules.ts';
import type { ReadSkill } from './scan/read-skill.ts';
import type { ScopedReading } from './scan/scan.ts';
import type { TrustFile } from './trust.ts';

/** One skill as it was read, whether it is offered or not. */
export interface Entry {
  readonly summary: SkillSummary;
  readonly skill: ReadSkill;
  readonly reading: ScopedReading;
  /** Trust is bound to its content, and another content was trusted. */
  readonly isChanged: boolean;
  /** Trusted for this content alone, not for where it is. */
  readonly isPinned: boolean;
}

export interface Catalog {
  /** All that were read, the first that wins first. */
  readonly entries: readonly Entry[];
  /** Those that answer to a name: the trusted one, or, where none is, the first. */
  readonly byName: ReadonlyMap<string, Entry>;
  readonly offered: readonly SkillSummary[];
  readonly diagnostics: readonly SkillDiagnostic[];
}

/** `PDF` and `pdf`, and two spellings of one letter, are one name: none can pass for the other. */
export const keyOf = (name: string): string => name.normalize('NFKC').toLowerCase();

export const NO_CATALOG: Catalog = { entries: [], byName: new Map(), offered: [], diagnostics: [] };

/** Project over user over installed, but what is not trusted never takes the place of what is. */
export function catalogOf(
  readings: Iterable<ScopedReading>,
  trust: TrustFile,
  { trustProject }: SkillsConfig,
  problems: readonly SkillDiagnostic[],
): Catalog {
  const entries = [...readings].flatMap((reading) => entryOf(reading, trust, trustProject));
  const diagnostics = problems.map((each) => ({
    ...each,
    path: shownPath(each.path),
    message: oneLine(each.message, 500),
  }));
  const warn = (entry: Entry, code: string, message: string): void => {
    diagnostics.push({ path: shownPath(entry.reading.folder), level: 'warning', code, message });
  };
  const byName = new Map<string, Entry>();
  for (const entry of entries) {
    const key = keyOf(entry.summary.name);
    const first = byName.get(key);
    if (!entry.summary.trusted)
      warn(
        entry,
        entry.isChanged ? 'SKILL_CHANGED' : 'SKILL_UNTRUSTED',
        `"${entry.summary.name}" is not offered: ${entry.isChanged ? 'it changed since it was trusted' : 'it is not trusted yet'}`,
      );
    if (first === undefined) byName.set(key, entry);
    else if (entry.summary.trusted && !first.summary.trusted) {
      byName.set(key, entry);
      warn(first, 'SKILL_SHADOW_REFUSED', `does not take the place of the trusted "${entry.summary.name}"`);
    } else
      warn(entry, 'SKILL_SHADOWED', `"${entry.summary.name}" is already there in ${shownPath(first.reading.folder)}`);
  }
  const offered = [...byName.values()].map(({ summary }) => summary).filter(({ trusted }) => trusted);
  return { entries, byName, offered: offered.sort((a, b) => (a.name < b.name ? -1 : 1)), diagnostics };
}

function entryOf(reading: ScopedReading, trust: TrustFile, trustProject: boolean): Entry[] {
  const { skill, scope, real } = reading;
  if (skill === undefined) return [];
  const isPinned = scope === 'installed' || (scope === 'project' && !trustProject);
  const known = trust.hashOf(real);
  const trusted = !isPinned || known === skill.hash;
  const { name, description, allowedTools, hash } = skill;
  const summary: SkillSummary = Object.freeze({ name, description, scope, hash, trusted, allowedTools });
  return [{ summary, skill, reading, isPinned, isChanged: !trusted && known !== undefined }];
}

/** Relative where that is shorter; a name of a folder may hold anything. */
const shownPath = (full: string): string => {
  const relative = path.relative(process.cwd(), full);
  return oneLine(relative.startsWith('..') ? full : relative || '.', 300);
};
