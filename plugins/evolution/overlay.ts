import type { Learnt, ToolLearning } from '#plugins/tool-registry/api';
import type { Kept } from './proposal-table.ts';

/** Brings what the registry shows in line with what is in force. */
export class Overlay {
  readonly #learning: ToolLearning;
  readonly #shown = new Map<string, { readonly text: string; readonly undo: () => void }>();

  constructor(learning: ToolLearning) {
    this.#learning = learning;
  }

  /** `applied`: the newest first. */
  show(applied: readonly Kept[]): void {
    const wanted = learntBy(applied);
    for (const [tool, { undo }] of this.#shown) {
      if (wanted.has(tool)) continue;
      this.#shown.delete(tool);
      undo();
    }
    for (const [tool, learnt] of wanted) {
      const text = JSON.stringify(learnt);
      if (this.#shown.get(tool)?.text === text) continue;
      this.#shown.set(tool, { text, undo: this.#learning.learn(tool, learnt) });
    }
  }

  /** What another version of the plugin shows by now stays. */
  clear(): void {
    this.show([]);
  }
}

/** Of each kind and subject the newest counts; what several say of one tool is put together. */
function learntBy(applied: readonly Kept[]): ReadonlyMap<string, Learnt> {
  const seen = new Set<string>();
  const by = new Map<string, Learnt>();
  for (const { kind, subject, learnt } of applied) {
    const name = JSON.stringify([kind, subject]);
    if (seen.has(name)) continue;
    seen.add(name);
    for (const [tool, more] of Object.entries(learnt)) by.set(tool, together(by.get(tool), more));
  }
  return by;
}

function together(one: Learnt = {}, other: Learnt): Learnt {
  const notes = [one.notes, other.notes].filter((text) => text !== undefined);
  const scenarios = [...new Set([...(one.scenarios ?? []), ...(other.scenarios ?? [])])];
  const toolkit = one.toolkit ?? other.toolkit;
  return {
    ...(notes.length > 0 && { notes: notes.join('\n') }),
    ...(toolkit !== undefined && { toolkit }),
    ...(scenarios.length > 0 && { scenarios }),
  };
}
