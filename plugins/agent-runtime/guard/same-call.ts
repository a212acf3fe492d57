import type { CallRecord } from './call-record.ts';
import { alarm, OK, type Settings, Streak } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

/** D1: the same call with the same answer in a row. */
export class SameCall {
  readonly #limits: Settings['sameCall'];
  readonly #streak = new Streak();
  #last: CallRecord | undefined;
  #nudged = false;

  constructor({ sameCall }: Settings) {
    this.#limits = sameCall;
  }

  reset(): void {
    this.#streak.clear();
    this.#last = undefined;
    this.#nudged = false;
  }

  /** What the model was told of, and must not ask again unchanged. */
  warned(asked: number): CallRecord | undefined {
    return this.#nudged && this.#last?.asked === asked ? this.#last : undefined;
  }
  get evidence(): readonly number[] {
    return this.#streak.numbers;
  }

  call(record: CallRecord): GuardVerdict {
    const last = this.#last;
    this.#last = record;
    if (last?.asked === record.asked && last.answered === record.answered) this.#streak.add(record.number);
    else {
      this.#streak.begin(record.number);
      this.#nudged = false;
    }
    const { count, numbers } = this.#streak;
    const { nudge, stop, poll } = this.#limits;
    const what = `You called ${record.name} with the same arguments ${count} times, same result: ${record.preview || '(nothing, or long)'}`;
    if (count >= (record.poll ? poll : stop)) return alarm('stop', 'same_call', numbers, what);
    if (record.poll || this.#nudged || count < nudge) return OK;
    this.#nudged = true;
    const advice = 'It will not change by calling it again. Use what it says, or do something else.';
    return alarm('nudge', 'same_call', numbers, `${what}\n${advice}`);
  }
}
