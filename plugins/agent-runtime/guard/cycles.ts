import type { CallRecord } from './call-record.ts';
import { alarm, OK, type Settings } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

type Step = Pick<CallRecord, 'number' | 'name' | 'asked' | 'answered' | 'poll'>;

/** D3: two or more calls with the same answers, over and over. A wait among them makes it a poll, with a poll's limit. */
export class Cycles {
  readonly #longest: number;
  readonly #repeats: number;
  readonly #pollRepeats: number;
  /** The newest calls, as many as the longest cycle that is looked for needs; in a ring. */
  readonly #ring: Step[] = [];
  #count = 0;
  /** By period: how many calls in a row equal the one a period before. */
  readonly #alike: number[];

  constructor({ cycle, sameCall }: Settings) {
    this.#longest = cycle.longest;
    this.#repeats = cycle.repeats;
    this.#pollRepeats = Math.max(sameCall.poll, cycle.repeats);
    this.#alike = Array.from({ length: cycle.longest + 1 }, () => 0);
  }

  reset(): void {
    this.#ring.length = 0;
    this.#count = 0;
    this.#alike.fill(0);
  }

  call({ number, name, asked, answered, poll }: CallRecord): GuardVerdict {
    const step: Step = { number, name, asked, answered, poll };
    for (let period = 1; period <= this.#longest; period++) {
      const before = this.#back(period - 1);
      const isAlike = before?.asked === asked && before.answered === answered;
      this.#alike[period] = isAlike ? this.#alike[period]! + 1 : 0;
    }
    this.#ring[this.#count++ % this.#size] = step;
    for (let period = 2; period <= this.#longest; period++) if (this.#isCycle(period)) return this.#stop(period);
    return OK;
  }

  get #size(): number {
    return this.#longest * this.#repeats;
  }

  /** The step so many before the newest. */
  #back(steps: number): Step | undefined {
    return steps < this.#count ? this.#ring[(this.#count - 1 - steps) % this.#size] : undefined;
  }

  #isCycle(period: number): boolean {
    const alike = this.#alike[period]!;
    // One call over and over is another kind of loop.
    if (alike < period * (this.#repeats - 1) || this.#alike[1]! >= period) return false;
    const isPoll = this.#steps(period).some((each) => each.poll);
    return !isPoll || alike >= period * (this.#pollRepeats - 1);
  }

  #steps(count: number): readonly Step[] {
    return Array.from({ length: count }, (_, at) => this.#back(count - 1 - at)!);
  }

  #stop(period: number): GuardVerdict {
    const seen = this.#steps(period * this.#repeats);
    const names = seen.slice(0, period).map(({ name }) => name);
    const what = `The same ${period} calls were made over and over, with the same results: ${names.join(', ')}.`;
    return alarm(
      'stop',
      'cycle',
      seen.map(({ number }) => number),
      what,
    );
  }
}
