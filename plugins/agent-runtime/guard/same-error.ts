import type { CallRecord } from './call-record.ts';
import { alarm, OK, type Settings, Streak } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

/** Arguments that a nudge tells of at most. */
const WARNED = 16;

/** D2: a tool that fails in the same way in a row, with the same arguments or with others. */
export class SameError {
  readonly #limits: Settings['sameError'];
  readonly #streak = new Streak();
  /** Of the streak, those at its end that have the same arguments. */
  #alike = 0;
  #recent: CallRecord[] = [];
  #nudged = false;

  constructor({ sameError }: Settings) {
    this.#limits = sameError;
  }

  reset(): void {
    this.#streak.clear();
    this.#alike = 0;
    this.#recent = [];
    this.#nudged = false;
  }

  warned(asked: number): CallRecord | undefined {
    return this.#nudged ? this.#recent.find((each) => each.asked === asked) : undefined;
  }
  get evidence(): readonly number[] {
    return this.#streak.numbers;
  }

  call(record: CallRecord): GuardVerdict {
    const last = this.#recent.at(-1);
    if (record.family === undefined || (last !== undefined && last.family !== record.family)) this.reset();
    if (record.family === undefined) return OK;
    this.#streak.add(record.number);
    this.#alike = this.#recent.at(-1)?.asked === record.asked ? this.#alike + 1 : 1;
    this.#recent.push(record);
    if (this.#recent.length > WARNED) this.#recent.shift();
    return this.#judge(record);
  }

  #judge({ name, preview }: CallRecord): GuardVerdict {
    const { nudge, stop, variedNudge, variedStop } = this.#limits;
    const { count, numbers } = this.#streak;
    const isAlike = this.#alike >= nudge;
    const times = isAlike ? `${this.#alike} times with the same arguments` : `${count} times, whatever the arguments`;
    const what = `${name} failed in the same way ${times}: ${preview}`;
    if (this.#alike >= stop || count >= variedStop) return alarm('stop', 'same_error', numbers, what);
    if (this.#nudged || (!isAlike && count < variedNudge)) return OK;
    this.#nudged = true;
    const advice = 'Find out why before you try again, or take another way.';
    return alarm('nudge', 'same_error', numbers, `${what}\n${advice}`);
  }
}
