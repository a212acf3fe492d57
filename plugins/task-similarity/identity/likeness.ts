import { type Account, weightsOf } from './account.ts';
import { compared, standing } from './compared.ts';
import type { Description } from './description.ts';
import type { Rarity } from './rarity.ts';
import { TermPlaces } from './term-places.ts';

/** How much the first requests count beside all that was said: users drift, but begin with what they want. */
const REQUEST = 0.2;
/** What equal values of arguments add. Little, for tasks of one user share the user's ids. */
const VALUES = 0.1;
/** A request that stands alone says all at once, so another task may be told in much the same words. */
const ALONE = 0.5;
/** Less alike than this, it does not matter why. */
const LEAST_ALONE = 0.5;

/**
 * How alike two accounts are, 0 to about 1.1, from the cosines of texts with requests (as `textShare` adds them) and of values;
 * `places` are those of the terms of `a`.
 */
export function likeness(a: Description, b: Description, texts: number, values: number, places: TermPlaces): number {
  const talk = Math.min(a.talk, b.talk);
  const alike = texts / (1 + REQUEST);
  if (talk === 1) return alike + VALUES * values;
  const alone = alike < LEAST_ALONE ? ALONE : ALONE * standing(compared(a, b, places));
  return (alone + (1 - alone) * talk) * alike + VALUES * talk * values;
}

/** What a shared term adds to the `texts` of `likeness`. */
export const textShare = (a: number, b: number, ofRequestA: number, ofRequestB: number): number =>
  a * b + REQUEST * ofRequestA * ofRequestB;

/** How alike others are to an account. */
export function likenessTo(account: Account, rarity: Rarity): (other: Account) => number {
  const x = weightsOf(account, rarity);
  const p = account.description;
  const [textPlaces, valuePlaces] = [new TermPlaces(p.text), new TermPlaces(p.values)];
  return (other) => {
    const y = weightsOf(other, rarity);
    const q = other.description;
    let texts = 0;
    for (let at = 0; at < q.text.length; at++) {
      const place = textPlaces.of(q.text[at]!);
      if (place >= 0) texts += textShare(x.text[place]!, y.text[at]!, x.request[place]!, y.request[at]!);
    }
    let values = 0;
    for (let at = 0; at < q.values.length; at++) {
      const place = valuePlaces.of(q.values[at]!);
      if (place >= 0) values += x.values[place]! * y.values[at]!;
    }
    return likeness(p, q, texts, values, textPlaces);
  };
}
