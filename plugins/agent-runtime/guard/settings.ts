import type { GuardKind, GuardOptions, GuardVerdict } from './verdict.ts';

/** Of the specification: from how many on the model is told, and from how many on it ends. */
export const GUARD_DEFAULTS: Required<GuardOptions> = {
  off: [],
  sameCall: { nudge: 3, stop: 5, poll: 20, infrastructure: 8 },
  sameError: { nudge: 3, stop: 5, variedNudge: 5, variedStop: 8 },
  cycle: { longest: 6, repeats: 3 },
  monologue: { messages: 3, similarity: 0.8 },
  noProgress: { calls: 12, share: 0.25 },
};

export interface Settings extends Omit<Required<GuardOptions>, 'off'> {
  readonly off: ReadonlySet<GuardKind>;
}

/** Numbers of calls or messages that a verdict names at most; the newest. */
export const MOST_EVIDENCE = 32;
export const OK: GuardVerdict = { verdict: 'ok', evidence: [] };

export const alarm = (
  verdict: 'nudge' | 'stop',
  kind: GuardKind,
  evidence: readonly number[],
  message: string,
): GuardVerdict => ({ verdict, kind, message, evidence: evidence.slice(-MOST_EVIDENCE) });

/** Something that happened again and again, and the numbers of its calls. */
export class Streak {
  count = 0;
  numbers: number[] = [];

  begin(number: number): void {
    this.count = 0;
    this.numbers = [];
    this.add(number);
  }
  add(number: number): void {
    this.count++;
    this.numbers.push(number);
    if (this.numbers.length > MOST_EVIDENCE) this.numbers.shift();
  }
  clear(): void {
    this.count = 0;
    this.numbers = [];
  }
}
