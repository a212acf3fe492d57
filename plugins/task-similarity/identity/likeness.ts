import { type Account, weightsOf } from './account.ts';
import { compared, standing } from './compared.ts';
import type { Description } from './description.ts';
import type { Rarity } from './rarity.ts';

/** How much the first requests count beside all that was said: users drift, but begin with what they want. */
const REQUEST = 0.2;
/** What equal values of arguments add. Little, for tasks of one user share the user's ids. */
const VALUES = 0.1;
/** A request that stands alone says all at once, so another task may be told in much the same words. */
const ALONE = 0.5;
/** Less alike than this, it does not matter why. */
const LEAST_ALONE = 0.5;

/** How alike two accounts are, 0 to about 1.1, from the cosines of texts with requests (as `textShare` adds them) and of values. */
export function likeness(a: Description, b: Description, texts: number, values: number): number {
  const talk = Math.min(a.talk, b.talk);
  const alike = texts / (1 + REQUEST);
  if (talk === 1) return alike + VALUES * values;
  const alone = alike < LEAST_ALONE ? ALONE : ALONE * standing(compared(a, b));
  return (alone + (1 - alone) * talk) * alike + VALUES * talk * values;
}

/** What a shared term adds to the `texts` of `likeness`. */
export const textShare = (a: number, b: number, ofRequestA: number, ofRequestB: number): number =>
  a * b + REQUEST * ofRequestA * ofRequestB;

export function likenessOf(a: Account, b: Account, rarity: Rarity): number {
  const [x, y] = [weightsOf(a, rarity), weightsOf(b, rarity)];
  const [p, q] = [a.description, b.description];
  let texts = 0;
  for (let i = 0, j = 0; i < p.text.length && j < q.text.length; ) {
    const [s, t] = [p.text[i]!, q.text[j]!];
    if (s === t) texts += textShare(x.text[i]!, y.text[j]!, x.request[i]!, y.request[j]!);
    if (s <= t) i++;
    if (t <= s) j++;
  }
  let values = 0;
  for (let i = 0, j = 0; i < p.values.length && j < q.values.length; ) {
    const [s, t] = [p.values[i]!, q.values[j]!];
    if (s === t) values += x.values[i]! * y.values[j]!;
    if (s <= t) i++;
    if (t <= s) j++;
  }
  return likeness(p, q, texts, values);
}
