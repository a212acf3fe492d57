import type { CallRecord } from './call-record.ts';
import { Seen } from './seen.ts';
import { alarm, OK, type Settings } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

const REMEMBERED = 4_096;

/** D6: many calls, and hardly one that told something new or changed something. */
export class Progress {
  readonly #limits: Settings['noProgress'];
  readonly #answers = new Seen(REMEMBERED);
  readonly #acts = new Seen(REMEMBERED);
  #window: { readonly number: number; readonly isNew: boolean }[] = [];

  constructor({ noProgress }: Settings) {
    this.#limits = noProgress;
  }

  reset(): void {
    this.#answers.clear();
    this.#acts.clear();
    this.#window = [];
  }

  call({ number, name, asked, answered, acted, mutated, poll }: CallRecord): GuardVerdict {
    // All "ok" are alike; another act is not.
    const isNewAct = acted && this.#acts.add(asked);
    const isNewAnswer = this.#answers.add(answered);
    if (poll) return OK;
    this.#window.push({ number, isNew: isNewAnswer || isNewAct || mutated });
    const { calls, share } = this.#limits;
    if (this.#window.length > calls) this.#window.shift();
    const news = this.#window.filter(({ isNew }) => isNew).length;
    if (this.#window.length < calls || news >= calls * share) return OK;
    const numbers = this.#window.map((each) => each.number);
    // Whoever goes on all the same is judged by what comes.
    this.#window = [];
    const what = `The last ${calls} calls, last of ${name}, told ${news === 0 ? 'nothing' : `only ${news} times something`} new and changed nothing.`;
    return alarm('stop', 'no_progress', numbers, what);
  }
}
