import type { Redactor } from '#plugins/redaction/api';
import type { ImportedRun, RunCall, RunMessage } from '#plugins/trajectory-formats/api';
import type { EvidenceStep, RunEvidence } from './api.ts';

/** A run as strategies and checks may see it: without what must not leak, and without what must not be told. */
export function evidenceOf(
  run: ImportedRun,
  redactor: Redactor,
): { readonly evidence: RunEvidence; readonly redactions: Readonly<Record<string, number>> } {
  const redaction = redactor.open();
  const { reference: _, ...shown } = run;
  const safe = redaction.value(shown);
  return { evidence: { run: safe, steps: stepsOf(safe.messages) }, redactions: redaction.counts };
}

/** Uses of tools in order, each call with the first result that answers it. */
export function stepsOf(messages: readonly RunMessage[]): readonly EvidenceStep[] {
  const results = new Map<string, RunMessage>();
  for (const message of messages)
    if (message.answers !== undefined && !results.has(message.answers)) results.set(message.answers, message);
  const steps: EvidenceStep[] = [];
  for (const { calls, demo } of messages) {
    if (demo === true) continue;
    for (const call of calls ?? []) {
      if (call.lookup === true) continue;
      const result = results.get(call.id);
      steps.push({
        step: steps.length + 1,
        tool: toolName(call),
        args: call.args,
        ...(result !== undefined && { result: result.text }),
        error: result?.error === true,
      });
    }
  }
  return steps;
}

export const toolName = ({ tool }: RunCall): string =>
  tool.server === undefined ? tool.name : `${tool.server}/${tool.name}`;
