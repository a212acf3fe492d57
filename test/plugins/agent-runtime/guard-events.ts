import type { Guard, GuardedCall, GuardVerdict } from '#plugins/agent-runtime/api';

export type GuardKind = NonNullable<GuardVerdict['kind']>;

/** What happens in a run, as its guard is told. */
export type GuardEvent = (guard: Guard) => GuardVerdict | undefined;

export interface LoopCase {
  readonly name: string;
  readonly events: readonly GuardEvent[];
  /** The loop that it is; absent: none. */
  readonly kind?: GuardKind;
  /** Numbers of the events (from 1) with which the model is told, and with which it ends; each, where it is given, exactly. */
  readonly nudge?: number;
  readonly stop?: number;
}

type More = Partial<Omit<GuardedCall, 'name' | 'args' | 'result'>>;
export const call =
  (name: string, args: unknown, result: unknown = '', more: More = {}): GuardEvent =>
  (guard) =>
    guard.call({ name, args, result, ...more });
export const failing = (name: string, args: unknown, error: NonNullable<GuardedCall['error']>, more: More = {}) =>
  call(name, args, '', { ...more, error });
export const says =
  (text: string): GuardEvent =>
  (guard) =>
    guard.message(text);
/** In the pieces in which a model streams it. */
export const streams =
  (text: string, piece = 7): GuardEvent =>
  (guard) => {
    for (let at = 0; at < text.length; at += piece) {
      const verdict = guard.stream(text.slice(at, at + piece));
      if (verdict.verdict !== 'ok') return verdict;
    }
    return undefined;
  };
export const compacts =
  (before: number, after: number): GuardEvent =>
  (guard) =>
    guard.compaction(before, after);
export const user: GuardEvent = (guard) => {
  guard.userTurn();
  return undefined;
};
export const times = (count: number, event: (n: number) => GuardEvent | readonly GuardEvent[]): readonly GuardEvent[] =>
  Array.from({ length: count }, (_, n) => event(n)).flat();

/** A hundred different lines, the same for the same number. */
export const lines = (seed: number, count = 20): string =>
  Array.from({ length: count }, (_, n) => `${(seed * 7919 + n * 104729) % 99991}: line of ${seed}`).join('\n');
const hex = (seed: number, length: number): string =>
  Array.from({ length }, (_, n) => (((seed + 3) * (n + 7) * 2654435761) >>> (n % 20)).toString(16).at(-1)).join('');
export const uuid = (seed: number): string =>
  [8, 4, 4, 4, 12].map((length, part) => hex(seed * 11 + part, length)).join('-');
export const address = (seed: number): string => `0x7f${hex(seed, 10)}`;
export const isoTime = (seed: number): string => new Date(1_767_225_601_234 + seed * 61_237).toISOString();
