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
  readonly grams: ReadonlySet<number>;
  /** Places of grams in a text that a copy of it takes at most: with words put in it is longer. */
  readonly window: number;
}

/** Grams of a task by which it is looked up. */
const KEYS = 16;
/** So much of its keys must stand together in a text before all of its grams are looked for. */
const LEAST_KEYS = 0.35;
const STRETCH = 1.25;

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
      listed.push({ id, grams: new Set(grams), window: Math.ceil(plain.length * STRETCH) });
    }
    this.#listed = listed;
  }

  find(text: string) {
    const plain = plainText(text.slice(0, this.#limits.maxCharacters));
    const whole = this.#whole.get(plain);
    if (whole !== undefined) return { of: whole, similarity: 1 };
    const grams = gramsAt(plain);
    let best: { readonly of: string; readonly similarity: number } | undefined;
    for (const [place, hits] of this.#hits(grams)) {
      const task = this.#listed[place]!;
      for (const [from, to] of dense(hits, task)) {
        const similarity = containment(task, grams.subarray(Math.max(0, from - task.window), to + task.window));
        if (similarity < this.#limits.threshold) continue;
        if (best === undefined || similarity > best.similarity || (similarity === best.similarity && task.id < best.of))
          best = { of: task.id, similarity };
      }
    }
    return best;
  }

  /** Of tasks that have keys in the text: where these stand. */
  #hits(grams: Uint32Array): ReadonlyMap<number, readonly number[]> {
    const hits = new Map<number, number[]>();
    for (let at = 0; at < grams.length; at++)
      for (const task of this.#byKey.get(grams[at]!) ?? []) {
        const places = hits.get(task);
        if (places === undefined) hits.set(task, [at]);
        else places.push(at);
      }
    return hits;
  }
}

/** Stretches of a text where enough keys of a task stand together. */
function dense(hits: readonly number[], { grams, window }: Listed): readonly (readonly [number, number])[] {
  const least = Math.ceil(LEAST_KEYS * Math.min(KEYS, grams.size));
  const stretches: [number, number][] = [];
  for (let at = least - 1; at < hits.length; at++) {
    const [from, to] = [hits[at - least + 1]!, hits[at]!];
    if (to - from > window) continue;
    const last = stretches.at(-1);
    if (last !== undefined && from <= last[1] + window) last[1] = to;
    else stretches.push([from, to]);
  }
  return stretches;
}

/** The largest share of the task's grams within any window of the text. */
function containment({ grams: wanted, window }: Listed, grams: Uint32Array): number {
  const within = new Map<number, number>();
  let most = 0;
  for (let at = 0; at < grams.length; at++) {
    const gram = grams[at]!;
    if (wanted.has(gram)) within.set(gram, (within.get(gram) ?? 0) + 1);
    const left = at < window ? undefined : grams[at - window]!;
    const count = left === undefined ? undefined : within.get(left);
    if (count === 1) within.delete(left!);
    else if (count !== undefined) within.set(left!, count - 1);
    if (within.size > most) most = within.size;
  }
  return most / wanted.size;
}
