import type { Learnt } from './api.ts';
import { cleanLine, cleanText } from './clean-text.ts';

const MAX_NOTES = 1000;
const MAX_SCENARIOS = 5;
const MAX_NAME = 60;

/** What was learnt, by tool. */
export class LearntTools {
  readonly #byTool = new Map<string, Learnt>();
  readonly #changed: (toolId: string) => void;
  #successor: LearntTools | undefined;

  constructor(changed: (toolId: string) => void) {
    this.#changed = changed;
  }

  get byTool(): ReadonlyMap<string, Learnt> {
    return this.#byTool;
  }

  learn(toolId: string, wanted: Learnt): () => void {
    const learnt = cleaned(wanted);
    this.#byTool.set(toolId, learnt);
    this.#changed(toolId);
    return () => this.#forget(toolId, learnt);
  }

  /** Goes on where the one before stopped; undos that it handed out act here from now on. */
  takeOver(before: LearntTools): void {
    for (const [toolId, learnt] of before.byTool) this.#byTool.set(toolId, learnt);
    before.#successor = this;
  }

  #forget(toolId: string, learnt: Learnt): void {
    if (this.#successor) return this.#successor.#forget(toolId, learnt);
    if (this.#byTool.get(toolId) !== learnt) return;
    this.#byTool.delete(toolId);
    this.#changed(toolId);
  }
}

/** A new object each time: it stands for this one registration. */
function cleaned({ notes, toolkit, scenarios = [] }: Learnt): Learnt {
  const text = cleanText(notes, MAX_NOTES);
  const group = cleanLine(toolkit, MAX_NAME);
  const names = scenarios.map((name) => cleanLine(name, MAX_NAME)).filter((name) => name !== '');
  return Object.freeze({
    ...(text !== '' && { notes: text }),
    ...(group !== '' && { toolkit: group }),
    ...(names.length > 0 && { scenarios: [...new Set(names)].slice(0, MAX_SCENARIOS) }),
  });
}
