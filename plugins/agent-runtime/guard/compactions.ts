import { alarm, OK } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

/** Less is no compression. */
const LEAST_FREED = 0.1;
const REPEATS = 3;
/** With fewer calls between the first and the third, the window is full as soon as it is emptied. */
const LEAST_CALLS = 4;

/** D7: compressions that free nothing, or that are needed again at once. */
export class Compactions {
  /** Number of calls made when each took place; the newest. */
  #at: number[] = [];
  #count = 0;
  /** Where the last one began and ended. */
  #last: { readonly before: number; readonly after: number } | undefined;

  reset(): void {
    this.#at = [];
    this.#last = undefined;
  }

  compaction(before: number, after: number, calls: number): GuardVerdict {
    const number = this.#count++;
    // A chain of strategies goes on where the one before ended: it is one compression.
    const isSameFit = this.#last?.after === before && this.#at.at(-1) === calls;
    const began = isSameFit ? this.#last!.before : before;
    this.#last = { before: began, after };
    if (isSameFit) this.#at.pop();
    this.#at = [...this.#at, calls].slice(-REPEATS);
    if (after > began * (1 - LEAST_FREED)) {
      const what = `A compression from ${began} to ${after} tokens freed less than a tenth: what is left cannot be cut (system prompt, tools, newest messages).`;
      return alarm('stop', 'compaction_loop', [number], what);
    }
    if (this.#at.length < REPEATS || calls - this.#at[0]! >= LEAST_CALLS) return OK;
    const what = `${REPEATS} compressions with ${calls - this.#at[0]!} calls between: the fixed part (system prompt, tools, newest messages) leaves no room to work.`;
    return alarm('stop', 'compaction_loop', [number - 2, number - 1, number], what);
  }
}
