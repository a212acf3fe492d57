import { fault } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import { moneySpent } from '../store/call-table.ts';

/** Other processes spend too: what they did is looked up so often. */
const LOOK_MS = 2_000;

/** What all runs on these data have spent together, and whether another call may begin. */
export class Budget {
  readonly #storage: Storage;
  #calls = 0;
  #usd = 0;
  #cachedCalls = 0;
  #lookedAt = 0;
  #look: Promise<void> | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get calls(): number {
    return this.#calls;
  }
  get usd(): number {
    return this.#usd;
  }
  /** Answered from what was kept, in this process. */
  get cachedCalls(): number {
    return this.#cachedCalls;
  }

  async load(): Promise<void> {
    this.#lookedAt = Date.now();
    const { calls, usd } = await moneySpent(this.#storage);
    this.#calls = Math.max(this.#calls, calls);
    this.#usd = Math.max(this.#usd, usd);
  }

  cached(): void {
    this.#cachedCalls++;
  }

  spent(usd: number): void {
    this.#calls++;
    this.#usd += usd;
  }

  /** Fault BUDGET_REACHED. Calls that are under way are not stopped: the limit is overshot by these at most. */
  async check(limits: { readonly maxUsd: number; readonly maxCalls: number }, isPriced: boolean): Promise<void> {
    if (Date.now() - this.#lookedAt > LOOK_MS) this.#look ??= this.load().finally(() => (this.#look = undefined));
    await this.#look;
    if (this.#usd >= limits.maxUsd && (isPriced || this.#usd > 0))
      throw reached(`$${this.#usd.toFixed(4)} of $${limits.maxUsd}`);
    if (this.#calls >= limits.maxCalls) throw reached(`${this.#calls} of ${limits.maxCalls} model calls`);
  }
}

const reached = (what: string) =>
  fault('BUDGET_REACHED', `the limit is reached: ${what} are spent`, {
    kind: 'unavailable',
    hint: 'raise --max-usd or synthesizer.maxUsd (maxCalls) and start again: nothing is asked twice',
  });
