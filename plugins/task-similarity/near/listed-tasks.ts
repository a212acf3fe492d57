import type { Contamination, ListedTask } from '../api.ts';
import { gramSet, gramsAt } from '../text/grams.ts';
import { plainText } from '../text/plain-text.ts';

export interface ContaminationLimits {
  readonly threshold: number;
  readonly shortest: number;
  readonly maxCharacters: number;
}

interface Listed {
  readonly id: string;
  readonly plain: string;
  readonly grams: ReadonlySet<number>;
}

/** Grams of a task by which it is looked up. */
const KEYS = 16;
/** So much of its keys must be in a text before they are compared. */
const LEAST_KEYS = 0.3;
/** A task with insertions is longer than it was listed. */
const WINDOW = 1.25;

/**
 * Finds listed tasks in texts by containment: the share of a task's grams that stand together somewhere in the text. Together,
 * because a long text has most grams of its language.
 */
export class ListedTasks implements Contamination {
  readonly size: number;
  readonly #limits: ContaminationLimits;
  readonly #listed: readonly Listed[];
  readonly #byKey = new Map<number, number[]>();
  /** Too short to be found by its grams: found where it is the whole text. */
  readonly #whole = new Map<string, string>();

  constructor(list: readonly ListedTask[], limits: ContaminationLimits) {
    this.size = list.length;
    this.#limits = limits;
    const listed: Listed[] = [];
    for (const { id, text } of list) {
      const plain = plainText(text.slice(0, limits.maxCharacters));
      if (plain === '') continue;
      if (!this.#whole.has(plain)) this.#whole.set(plain, id);
      const grams = gramSet(gramsAt(plain));
      if (grams.length < limits.shortest) continue;
      for (const key of grams.subarray(0, KEYS)) {
        const under = this.#byKey.get(key);
        if (under === undefined) this.#byKey.set(key, [listed.length]);
        else under.push(listed.length);
      }
      listed.push({ id, plain, grams: new Set(grams) });
    }
    this.#listed = listed;
  }

  find(text: string) {
    const plain = plainText(text.slice(0, this.#limits.maxCharacters));
    const whole = this.#whole.get(plain);
    if (whole !== undefined) return { of: whole, similarity: 1 };
    const grams = gramsAt(plain);
    let best: { readonly of: string; readonly similarity: number } | undefined;
    for (const candidate of this.#candidates(grams)) {
      const { id, ...task } = this.#listed[candidate]!;
      const similarity = containment(task, grams);
      if (similarity < this.#limits.threshold) continue;
      if (best === undefined || similarity > best.similarity || (similarity === best.similarity && id < best.of))
        best = { of: id, similarity };
    }
    return best;
  }

  #candidates(grams: Uint32Array): readonly number[] {
    const hits = new Map<number, number>();
    for (const gram of gramSet(grams))
      for (const task of this.#byKey.get(gram) ?? []) hits.set(task, (hits.get(task) ?? 0) + 1);
    const least = (task: number): number => LEAST_KEYS * Math.min(KEYS, this.#listed[task]!.grams.size);
    return [...hits].filter(([task, count]) => count >= least(task)).map(([task]) => task);
  }
}

/** The largest share of the task's grams within any stretch of the text that is about as long as the task. */
function containment({ plain, grams: wanted }: Omit<Listed, 'id'>, grams: Uint32Array): number {
  const length = Math.ceil(plain.length * WINDOW);
  const within = new Map<number, number>();
  let most = 0;
  for (let at = 0; at < grams.length; at++) {
    const gram = grams[at]!;
    if (wanted.has(gram)) within.set(gram, (within.get(gram) ?? 0) + 1);
    const left = at < length ? undefined : grams[at - length]!;
    const count = left === undefined ? undefined : within.get(left);
    if (count === 1) within.delete(left!);
    else if (count !== undefined) within.set(left!, count - 1);
    if (within.size > most) most = within.size;
  }
  return most / wanted.size;
}
