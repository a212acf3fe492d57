import type { Description } from './description.ts';
import type { TermPlaces } from './term-places.ts';

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

/** `places` are those of the terms of `a`. */
export function compared(a: Description, b: Description, places: TermPlaces): Compared {
  let [shared, specificShared] = [0, 0];
  for (let at = 0; at < b.text.length; at++)
    if (places.of(b.text[at]!) >= 0) {
      shared++;
      specificShared += b.specific[at]!;
    }
  return {
    shared,
    onlyA: a.text.length - shared,
    onlyB: b.text.length - shared,
    specificA: a.specifics - specificShared,
    specificB: b.specifics - specificShared,
    specificShared,
  };
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

/** Whether one text repeats the other with a few words changed; `places` are those of the terms of `a`. */
export function isCopy(a: Description, b: Description, places: TermPlaces): boolean {
  const { shared, onlyA, onlyB, specificA, specificB, specificShared } = compared(a, b, places);
  const talk = Math.min(a.talk, b.talk);
  const exchanged = Math.min(specificA, specificB);
  if (exchanged * SPECIFICS > (talk === 1 ? specificShared : 0)) return false;
  return shared / (shared + onlyA + onlyB) >= (talk === 1 ? COPY : COPY_ALONE);
}
