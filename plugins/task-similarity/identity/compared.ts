import type { Description } from './description.ts';

/** The terms of two texts, counted. */
export interface Compared {
  readonly shared: number;
  readonly onlyA: number;
  readonly onlyB: number;
  /** Of these: numbers, ids, names of files. */
  readonly specificA: number;
  readonly specificB: number;
  readonly specificShared: number;
}

export function compared(a: Description, b: Description): Compared {
  let [i, j, shared] = [0, 0, 0];
  let [specificA, specificB, specificShared] = [0, 0, 0];
  while (i < a.text.length || j < b.text.length) {
    const s = i < a.text.length ? a.text[i]! : Number.POSITIVE_INFINITY;
    const t = j < b.text.length ? b.text[j]! : Number.POSITIVE_INFINITY;
    if (s === t) {
      shared++;
      specificShared += a.specific[i]!;
    } else if (s < t) specificA += a.specific[i]!;
    else specificB += b.specific[j]!;
    if (s <= t) i++;
    if (t <= s) j++;
  }
  return { shared, onlyA: a.text.length - shared, onlyB: b.text.length - shared, specificA, specificB, specificShared };
}

/** What a term that was put in the place of another weighs against one that is shared. */
const EXCHANGED = 3.5;
const OTHER_SPECIFICS = 0.5;

/**
 * How much the likeness of two requests is worth, 0 to 1, that differ in what was put in the place of something else: "the price
 * of gold" and "the price of silver" are two tasks of one make. What only one of them says is no exchange.
 */
export function standing({ shared, onlyA, onlyB, specificA, specificB }: Compared): number {
  const exchanged = Math.min(onlyA, onlyB);
  const worth = shared === 0 ? 0 : shared / (shared + EXCHANGED * exchanged);
  return specificA > 0 && specificB > 0 ? worth * OTHER_SPECIFICS : worth;
}

const COPY = 0.6;
const COPY_ALONE = 0.9;
/** Of so many specific terms that are shared, a conversation may have one exchanged: users mistype and agents mishear. */
const SPECIFICS = 4;

/** Whether one text repeats the other with a few words changed. */
export function isCopy(a: Description, b: Description, talk: number): boolean {
  const { shared, onlyA, onlyB, specificA, specificB, specificShared } = compared(a, b);
  const exchanged = Math.min(specificA, specificB);
  if (exchanged * SPECIFICS > (talk === 1 ? specificShared : 0)) return false;
  return shared / (shared + onlyA + onlyB) >= (talk === 1 ? COPY : COPY_ALONE);
}
