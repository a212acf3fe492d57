import type { SkillDiagnostic } from '../api.ts';
import type { Scanned, ScopedReading } from './scan.ts';

export interface InForce {
  /** What counts now, by folder. */
  readonly readings: ReadonlyMap<string, ScopedReading>;
  readonly problems: readonly SkillDiagnostic[];
  /** Skills that changed a moment ago, and must be looked at again. */
  readonly unsettled: ReadonlySet<string>;
}

/**
 * What a scan changes. A skill whose files changed within `settleMs` may be half-written, and one that cannot be read any
 * more may be in the middle of an edit: the version before stays. One that is missed twice is gone.
 */
export class Kept {
  readonly #settleMs: number;
  #inForce = new Map<string, ScopedReading>();
  #missed = new Map<string, number>();

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  get readings(): ReadonlyMap<string, ScopedReading> {
    return this.#inForce;
  }

  /** `sure` is a folder that was written by us, and is whole. */
  take(scanned: Scanned, sure?: string): InForce {
    const now = Date.now();
    const problems: SkillDiagnostic[] = [...scanned.problems];
    const next = new Map<string, ScopedReading>();
    const unsettled = new Set<string>();
    for (const [folder, reading] of scanned.readings) {
      const before = this.#inForce.get(folder);
      const age = now - reading.changedAt;
      // By a clock that is ahead of ours everything is new for ever: what lies in the future is not waited for.
      const isYoung = folder !== sure && age > -5 && age < this.#settleMs;
      if (isYoung) unsettled.add(folder);
      for (const problem of reading.problems) problems.push({ path: folder, ...problem });
      const changed = before !== undefined && before.stamp !== reading.stamp;
      if (isYoung && (before === undefined || changed)) {
        if (before !== undefined) next.set(folder, before);
      } else if (reading.skill !== undefined) next.set(folder, reading);
      else if (before?.skill !== undefined) {
        next.set(folder, before);
        const message = 'cannot be read any more: the version before stays until it can, or is gone';
        problems.push({ path: folder, level: 'warning', code: 'SKILL_KEPT', message });
      }
    }
    const missed = new Map<string, number>();
    for (const [folder, before] of this.#inForce) {
      if (scanned.readings.has(folder)) continue;
      const since = this.#missed.get(folder) ?? now;
      if (now - since >= this.#settleMs || folder === sure) continue;
      missed.set(folder, since);
      next.set(folder, before);
      unsettled.add(folder);
    }
    this.#missed = missed;
    this.#inForce = next;
    return { readings: next, problems, unsettled };
  }
}
