import type { Redaction, RedactionLevel, Redactor } from '#plugins/redaction/api';
import type { ImportedRun, RunMessage } from '#plugins/trajectory-formats/api';

export const REDACT_LEVELS = ['secrets', 'all', 'none'] as const;
export type RedactChoice = (typeof REDACT_LEVELS)[number];

/** One for each run: the same value gets the same placeholder throughout it. Undefined: nothing is taken out. */
export const openRedaction = (redactor: Redactor, choice: RedactChoice): Redaction | undefined =>
  choice === 'none' ? undefined : redactor.open(choice satisfies RedactionLevel);

/** What was said, called and answered; names of runs, calls and tools stay, and so do schemas. */
export function redactedRun(run: ImportedRun, redaction: Redaction | undefined): ImportedRun {
  if (redaction === undefined) return run;
  const { outcome, reference } = run;
  return {
    ...run,
    request: redaction.text(run.request),
    messages: run.messages.map((message) => redactedMessage(message, redaction)),
    ...(outcome.answer !== undefined && { outcome: { ...outcome, answer: redaction.text(outcome.answer) } }),
    ...(reference !== undefined && { reference: redaction.value(reference) }),
  };
}

function redactedMessage(message: RunMessage, redaction: Redaction): RunMessage {
  const { text, reasoning, calls, extra } = message;
  return {
    ...message,
    text: redaction.text(text),
    ...(reasoning !== undefined && { reasoning: redaction.text(reasoning) }),
    ...(calls !== undefined && { calls: calls.map((call) => ({ ...call, args: redaction.value(call.args) })) }),
    ...(extra !== undefined && { extra: redaction.value(extra) }),
  };
}
