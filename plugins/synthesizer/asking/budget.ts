import { fault } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import { moneySpent } from '../store/call-table.ts';

/** Other processes spend too: what they did is looked up so often. */
const LOOK_MS = 2_000;
const NEAR_MS = 100;
/** What is left for fewer calls than this is little. */
const NEAR_CALLS = 200;

interface Limits {
  readonly maxUsd: number;
  readonly maxCalls: number;
}

/** What all runs on these data have spent together, and whether another call may begin. */
export class Budget {
  readonly #storage: Storage;
  #calls = 0;
  #usd = 0;
  #cachedCalls = 0;
  #lookedAt = 0;
  #look: Promise<void> | undefined;
  /** Of the dearest call. */
  #most = 0;
  /** Calls of this process. */
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];

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
    // There, what is under way here counts as begun.
    this.#calls = Math.max(this.#calls, calls - this.#underWay);
    this.#usd = Math.max(this.#usd, usd);
  }

  cached(): void {
    this.#cachedCalls++;
  }

  /**
   * Before a call; `ended` follows. Fault BUDGET_REACHED. Where those that are under way may use up what is left, it waits for
   * them: the limit is overshot by one call at most, and reached before it is said to be. `price`: of a call of usual size.
   */
  async begin(limits: Limits, price: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      // Near the limit others may have used up what is left.
      const isNear = this.#usd + NEAR_CALLS * this.#dearest(price) > limits.maxUsd;
      if (Date.now() - this.#lookedAt > (isNear ? NEAR_MS : LOOK_MS))
        this.#look ??= this.load().finally(() => (this.#look = undefined));
      await this.#look;
      if (this.#usd >= limits.maxUsd && (price > 0 || this.#usd > 0))
        throw reached(`$${this.#usd.toFixed(4)} of $${limits.maxUsd}`);
      if (this.#calls >= limits.maxCalls) throw reached(`${this.#calls} of ${limits.maxCalls} model calls`);
      if (this.#underWay === 0 || this.#hasRoom(limits, price)) break;
      await this.#anEnd(signal);
    }
    this.#underWay++;
  }

  /** `usd`: what it cost, with so many answers; undefined: no model answered, which costs nothing. */
  ended(usd: number | undefined, calls: number): void {
    this.#underWay--;
    if (usd !== undefined) {
      this.#calls += calls;
      this.#usd += usd;
      this.#most = Math.max(this.#most, usd);
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #hasRoom({ maxUsd, maxCalls }: Limits, price: number): boolean {
    return this.#usd + (this.#underWay + 1) * this.#dearest(price) <= maxUsd && this.#calls + this.#underWay < maxCalls;
  }

  /** What a call costs that is as dear as any before. */
  #dearest(price: number): number {
    return Math.max(this.#most, this.#usd > 0 ? this.#usd / this.#calls : price);
  }

  #anEnd(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.push(wake);
    });
  }
}

const reached = (what: string) =>
  fault('BUDGET_REACHED', `the limit is reached: ${what} are spent`, {
    kind: 'unavailable',
    hint: 'raise --max-usd or synthesizer.maxUsd (maxCalls) and start again: nothing is asked twice',
  });
