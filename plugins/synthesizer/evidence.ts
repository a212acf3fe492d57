import type { Redactor } from '#plugins/redaction/api';
import type { ImportedRun, RunCall, RunMessage } from '#plugins/trajectory-formats/api';
import type { EvidenceStep, RunEvidence } from './api.ts';

/** A run as strategies and checks may see it: without what must not leak, and without what must not be told. */
export function evidenceOf(
  run: ImportedRun,
  redactor: Redactor,
): { readonly evidence: RunEvidence; readonly redactions: Readonly<Record<string, number>> } {
  const redaction = redactor.open();
  const { reference: _, messages, ...shown } = run;
  // What an agent was told to be is no part of the task, the longest text of many runs, and the same in all of them.
  const said = messages.filter(({ role }) => role !== 'system');
  const safe = redaction.value({ ...shown, messages: said });
  return { evidence: { run: safe, steps: stepsOf(safe.messages) }, redactions: redaction.counts };
}

/** Uses of tools in order, each call with the result that answers it. */
export function stepsOf(messages: readonly RunMessage[]): readonly EvidenceStep[] {
  const steps: EvidenceStep[] = [];
  const answers = answersOf(messages);
  for (const [at, { calls, demo }] of messages.entries()) {
    if (demo === true) continue;
    for (const call of calls ?? []) {
      if (call.lookup === true) continue;
      // Some sources give the same id again later in a run: the answer is the next one.
      const next = answers.get(call.id)?.find((place) => place > at);
      const result = next === undefined ? undefined : messages[next];
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

/** Places of the results, by the id of their call. */
function answersOf(messages: readonly RunMessage[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [at, { answers }] of messages.entries()) {
    if (answers === undefined) continue;
    const known = places.get(answers);
    if (known === undefined) places.set(answers, [at]);
    else known.push(at);
  }
  return places;
}
