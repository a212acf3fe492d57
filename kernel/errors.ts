/**
 * One error type for everything that a caller can cause or must know. `code` is stable and documented,
 * `message` says what was wrong, `alternatives` lists what would have been right, `hint` says what to do.
 * Compare by `code`, never by `instanceof`: a reloaded class is a different class.
 */
export type FaultKind =
  | 'invalid' // the request does not fit
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'rate_limited'
  | 'unavailable' // it may work later
  | 'timeout'
  | 'cancelled'
  | 'internal';

export interface FaultDetail {
  readonly kind?: FaultKind;
  readonly hint?: string;
  readonly alternatives?: readonly string[];
  /** Machine-readable extras, safe to show to a caller (never a secret). */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class Fault extends Error {
  readonly code: string;
  readonly kind: FaultKind;
  readonly hint: string | undefined;
  readonly alternatives: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, detail: FaultDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'Fault';
    this.code = code;
    this.kind = detail.kind ?? 'internal';
    this.hint = detail.hint;
    this.alternatives = detail.alternatives ?? [];
    this.data = detail.data ?? {};
  }
}

/** `throw fault('SERVER_UNKNOWN', 'no server named "x"', { kind: 'not_found', alternatives: ['y'] })` */
export const fault = (code: string, message: string, detail?: FaultDetail): Fault => new Fault(code, message, detail);

/** True for a Fault from any copy of this module. */
export const isFault = (error: unknown): error is Fault =>
  error instanceof Error && error.name === 'Fault' && typeof (error as Partial<Fault>).code === 'string';

/** What was thrown, as one line of text. */
export const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const said = error.message || error.name;
  const inner = error.cause === undefined ? '' : reason(error.cause);
  return inner === '' || said.includes(inner) ? said : `${said} (${inner})`;
};

/** Names close to `wanted`, best first: at most one edit per three characters, or one contains the other. */
export function nearest(wanted: string, known: Iterable<string>, most = 3): string[] {
  const target = wanted.toLowerCase();
  const limit = target.length < 2 ? 0 : Math.max(1, Math.floor(target.length / 3));
  const scored: [name: string, distance: number][] = [];
  for (const name of known) {
    const other = name.toLowerCase();
    const distance = editDistance(target, other, limit);
    if (distance <= limit) scored.push([name, distance]);
    else if (target.length > 2 && other.length > 2 && (other.includes(target) || target.includes(other)))
      scored.push([name, limit + 1]);
  }
  return scored
    .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([name]) => name);
}

/** Optimal string alignment distance (a swap of neighbours counts one), cut off above `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}
