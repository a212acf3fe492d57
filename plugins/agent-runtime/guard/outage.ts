import type { CallRecord } from './call-record.ts';
import { alarm, OK, type Settings, Streak } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

/** The way to the tools fails (429, 5xx, time): no fault of the model's, but without end it is one. */
export class Outage {
  readonly #limit: number;
  readonly #streak = new Streak();

  constructor({ sameCall }: Settings) {
    this.#limit = sameCall.infrastructure;
  }

  reset(): void {
    this.#streak.clear();
  }

  call({ number, name, preview, infrastructure, poll }: CallRecord): GuardVerdict {
    if (!infrastructure) {
      // Who only waits has not reached anything yet.
      if (!poll) this.#streak.clear();
      return OK;
    }
    this.#streak.add(number);
    const { count, numbers } = this.#streak;
    if (count < this.#limit) return OK;
    return alarm(
      'stop',
      'infra_outage',
      numbers,
      `${count} calls in a row did not get through, last ${name}: ${preview}`,
    );
  }
}
