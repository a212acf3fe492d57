/** One finished tool call, as the guard is fed. */
export interface GuardedCall {
  readonly name: string;
  readonly args: unknown;
  readonly result: unknown;
  /** What it failed with: a message, with a stable code where there is one. */
  readonly error?: string | { readonly code?: string; readonly message: string };
  /** The tool looks at something that changes by itself (declared by the tool, or by the configuration). */
  readonly poll?: boolean;
  /** The way to the tool failed (429, 5xx, time): told by the caller; guessed from the error where it is left out. */
  readonly infrastructure?: boolean;
  /** It changed something; guessed from nothing where it is left out. */
  readonly mutated?: boolean;
}

export interface GuardVerdict {
  readonly verdict: 'ok' | 'nudge' | 'stop';
  /** D1 to D8 of the specification; absent with `ok`. */
  readonly kind?: GuardKind;
  /** For the model: what was done again and again. */
  readonly message?: string;
  /** Numbers (from 0) of the calls or messages that are the evidence, oldest first. */
  readonly evidence: readonly number[];
}
export type GuardKind =
  | 'same_call'
  | 'same_error'
  | 'cycle'
  | 'monologue'
  | 'chanting'
  | 'no_progress'
  | 'compaction_loop'
  | 'delegation_loop'
  | 'infra_outage';

/** Watches one run for loops, incrementally. A verdict is about what it was just told. */
export interface Guard {
  /** D1, D2, D3, D6: after a call. */
  call(call: GuardedCall): GuardVerdict;
  /**
   * Before a call: `stop` where it repeats what level 1 warned of, and must be answered without execution. That answer is told
   * to `call` like any other, and counts as the one that was warned of, whatever it says.
   */
  before(name: string, args: unknown): GuardVerdict;
  /** D4: an assistant message without a call. */
  message(text: string): GuardVerdict;
  /** D5: text as it streams; begins anew with each message. */
  stream(delta: string): GuardVerdict;
  /** D7: a compression, in tokens. */
  compaction(before: number, after: number): GuardVerdict;
  /** D8: a task that an agent gives to another; `chain` are the tasks above it. */
  delegation(task: string, chain: readonly string[]): GuardVerdict;
  /** A real message of a person came: streaks begin anew. Synthetic messages do not count. */
  userTurn(): void;
}

/** An off switch each, and their limits; defaults are those of the specification. */
export interface GuardOptions {
  readonly off?: readonly GuardKind[];
  readonly sameCall?: {
    readonly nudge: number;
    readonly stop: number;
    readonly poll: number;
    readonly infrastructure: number;
  };
  readonly sameError?: {
    readonly nudge: number;
    readonly stop: number;
    readonly variedNudge: number;
    readonly variedStop: number;
  };
  readonly cycle?: { readonly longest: number; readonly repeats: number };
  readonly monologue?: { readonly messages: number; readonly similarity: number };
  readonly noProgress?: { readonly calls: number; readonly share: number };
}
