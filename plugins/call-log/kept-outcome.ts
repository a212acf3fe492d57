import { type Fault, type FaultKind, fault } from '#kernel';
import type { KeptCall } from './call-table.ts';
import { notKept } from './faults.ts';

/** What a call with a key came to, as JSON in the database. */
type KeptOutcome = { readonly outcome: unknown } | { readonly fault: KeptFault };
interface KeptFault {
  readonly code: string;
  readonly message: string;
  readonly kind: FaultKind;
  readonly hint?: string;
  readonly alternatives: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

export const keptResult = (outcome: unknown): string => JSON.stringify({ outcome } satisfies KeptOutcome);

export const keptFault = ({ code, message, kind, hint, alternatives, data }: Fault): string =>
  JSON.stringify({
    fault: { code, message, kind, ...(hint !== undefined && { hint }), alternatives, data },
  } satisfies KeptOutcome);

/** The outcome as it was. Faults: the one that the call ended with, and CALL_NOT_KEPT. */
export function replayed<T>(call: KeptCall): T {
  if (call.outcome === undefined) throw notKept(call);
  const kept = JSON.parse(call.outcome) as KeptOutcome;
  if (!('fault' in kept)) return kept.outcome as T;
  const { code, message, kind, hint, alternatives, data } = kept.fault;
  throw fault(code, message, {
    kind,
    ...(hint !== undefined && { hint }),
    alternatives,
    data: { ...data, replayed: true },
  });
}
