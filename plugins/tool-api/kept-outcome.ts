import { type Fault, type FaultKind, fault } from '#kernel';
import type { ToolResult } from '#plugins/tool-registry/api';
import type { KeptCall } from './call-log.ts';
import type { Called, Outcome } from './execute.ts';
import { executed } from './result.ts';

/** What a call with a key came to, as JSON in the database. */
type KeptOutcome =
  | { readonly text: string; readonly tool: string; readonly server: string; readonly facts: Called['facts'] }
  | { readonly fault: KeptFault };
interface KeptFault {
  readonly code: string;
  readonly message: string;
  readonly kind: FaultKind;
  readonly hint?: string;
  readonly alternatives: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

export const keptResult = ({ tool, text, facts }: Called): string =>
  JSON.stringify({ text, tool: tool.id, server: tool.server, facts } satisfies KeptOutcome);

export const keptFault = ({ code, message, kind, hint, alternatives, data }: Fault): string =>
  JSON.stringify({
    fault: { code, message, kind, ...(hint !== undefined && { hint }), alternatives, data },
  } satisfies KeptOutcome);

/** The outcome as it was. Faults: the one that the call ended with, and CALL_NOT_KEPT. */
export function replayed({ outcome, bytes, tool: id }: KeptCall): Outcome {
  if (outcome === undefined)
    throw fault('CALL_NOT_KEPT', `this call of ${id} has ended; its outcome of ${bytes} bytes was not kept`, {
      kind: 'conflict',
      hint: 'calls.maxOutcomeBytes and calls.maxBytes of tool-api say how much is kept',
      data: { tool: id, bytes },
    });
  const kept = JSON.parse(outcome) as KeptOutcome;
  if ('fault' in kept) {
    const { code, message, kind, hint, alternatives, data } = kept.fault;
    throw fault(code, message, {
      kind,
      ...(hint !== undefined && { hint }),
      alternatives,
      data: { ...data, replayed: true },
    });
  }
  const { text, tool, server, facts } = kept;
  const body = executed({ id: tool, server }, JSON.parse(text) as ToolResult, facts);
  return { text, body: { ...body, metadata: { ...body.metadata, replayed: true } } };
}
