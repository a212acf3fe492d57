import type { RunMessage } from '../../api.ts';
import type { Origin, RunDraft } from '../../format.ts';
import { isObject, type JsonObject, listOf, numberOf, textOf, timeOf } from './members.ts';
import { present } from './present.ts';
import { keyOf, labelsOf, taskLabel } from './record-labels.ts';
import { outcomeOf } from './record-outcome.ts';
import { requestOf } from './request.ts';
import { toolDefinitions } from './tool-definitions.ts';

/** A chat with what records of no fixed form often have beside it. */
export function chatRun(record: JsonObject, messages: readonly RunMessage[], origin: Origin): RunDraft {
  const { metadata } = record;
  const about = isObject(metadata) ? metadata : {};
  return present({
    key: keyOf(record, origin),
    task: taskLabel(record) ?? textOf(about.task),
    agent: textOf(record.agent) ?? textOf(about.agent),
    model: textOf(record.model) ?? textOf(about.model),
    startedAt: timeOf(record.created_at ?? record.start_time ?? record.timestamp ?? about.started_at),
    request: requestOf(firstOf(messages, 'user')),
    messages,
    outcome: outcomeOf(record),
    toolDefinitions: toolDefinitions(parsedList(record.tools ?? record.functions ?? record.available_tools)),
    usage: usageOf(record.usage),
    labels: labelsOf(record),
    license: textOf(record.license) ?? textOf(about.license),
  });
}

export const firstOf = (messages: readonly RunMessage[], role: RunMessage['role']): string =>
  messages.find((message) => message.role === role && !message.demo)?.text ?? '';

/** A list, also where it is written as JSON inside of a string. */
export function parsedList(value: unknown): readonly unknown[] {
  if (typeof value !== 'string' || !/^\s*\[/.test(value)) return listOf(value);
  try {
    return listOf(JSON.parse(value));
  } catch {
    return [];
  }
}

function usageOf(value: unknown): RunDraft['usage'] {
  if (!isObject(value)) return undefined;
  const usage = present({
    inputTokens: numberOf(value.prompt_tokens ?? value.input_tokens),
    outputTokens: numberOf(value.completion_tokens ?? value.output_tokens),
    usd: numberOf(value.cost ?? value.usd),
  });
  return Object.keys(usage).length > 0 ? usage : undefined;
}
