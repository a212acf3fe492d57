import { type Account, placeOf } from './account.ts';
import { likenessTo } from './likeness.ts';
import type { Rarity } from './rarity.ts';

/** A request of so many terms says enough by itself, whatever was said after it. */
const TELLING = 8;
/** Conversations that begin with the same few words and are less alike than this are about something else. */
const LEAST_ALIKE = 0.3;
/** Conversations with one beginning that are looked at. */
const LOOKED_AT = 32;

/** Accounts by their first request: the same request is the same task. */
export class SameRequests {
  readonly #byRequest = new Map<string, Account[]>();

  add(account: Account): void {
    const { asked } = account.description;
    if (asked === '') return;
    const same = this.#byRequest.get(asked);
    if (same === undefined) this.#byRequest.set(asked, [account]);
    else same.splice(placeOf(same, account), 0, account);
  }

  remove(account: Account): void {
    const { asked } = account.description;
    const same = this.#byRequest.get(asked);
    if (same === undefined) return;
    same.splice(placeOf(same, account), 1);
    if (same.length === 0) this.#byRequest.delete(asked);
  }

  find(account: Account, rarity: Rarity): Account | undefined {
    const same = this.#byRequest.get(account.description.asked) ?? [];
    return same.slice(0, LOOKED_AT).find((other) => isSame(account, other, rarity));
  }
}

/** A few words such as "Hi, can you help me?" may begin anything: then what follows on both sides must not speak against it. */
function isSame(a: Account, b: Account, rarity: Rarity): boolean {
  const [p, q] = [a.description, b.description];
  const later = Math.min(p.text.length - p.requestTerms, q.text.length - q.requestTerms);
  return p.requestTerms >= TELLING || later < TELLING || likenessTo(a, rarity)(b) >= LEAST_ALIKE;
}
