import type { Spending } from '#plugins/llm/api';

export const NOTHING_SPENT: Spending = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  calls: 0,
  usd: 0,
  unpriced: 0,
};
const KEYS = Object.keys(NOTHING_SPENT) as (keyof Spending)[];

export const sum = (one: Spending, other: Partial<Spending>): Spending => each((key) => one[key] + (other[key] ?? 0));
/** What came to `before`; never less than nothing. */
export const since = (before: Spending, now: Spending): Spending => each((key) => Math.max(0, now[key] - before[key]));

const each = (value: (key: keyof Spending) => number): Spending =>
  Object.fromEntries(KEYS.map((key) => [key, value(key)])) as unknown as Spending;

/** What a run spent in all: before a restart, by itself, and by the agents that it gave tasks to. */
export class Account {
  #total: Spending;

  constructor(before: Spending = NOTHING_SPENT) {
    this.#total = before;
  }
  get total(): Spending {
    return this.#total;
  }
  add(spent: Spending): void {
    this.#total = sum(this.#total, spent);
  }
}
