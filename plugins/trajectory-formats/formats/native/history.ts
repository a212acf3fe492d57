import type { RunCall, RunMessage } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { type JsonObject, listOf, objectOf, textOf, timeOf } from '../reading/members.ts';
import { present } from '../reading/present.ts';
import { executionOf, nativeTool } from './tool-execution.ts';

const ROLES = new Set(['system', 'user', 'assistant']);

/**
 * The history as it was in the end: a message that was recorded again takes the place of the first, and calls have the results
 * of their executions.
 */
export function historyMessages(steps: readonly JsonObject[]): readonly RunMessage[] {
  const messages = new Map<string, JsonObject>();
  const results = new Map<string, RunMessage>();
  const tools = new Map<string, RunCall['tool']>();
  steps.forEach((step, index) => {
    if (step.step_type === 'message') {
      const message = objectOf(step.output_data);
      messages.set(textOf(message.id) ?? `message ${index}`, message);
    } else if (step.step_type === 'tool_execution') {
      const { call, result } = executionOf(step, `call_${index + 1}`);
      tools.set(call.id, call.tool);
      if (result !== undefined) results.set(call.id, result);
    }
  });
  return [...messages.values()].flatMap((message) => spoken(message, results, tools));
}

function spoken(
  message: JsonObject,
  results: ReadonlyMap<string, RunMessage>,
  executed: ReadonlyMap<string, RunCall['tool']>,
): readonly RunMessage[] {
  const { role } = message;
  if (typeof role !== 'string' || !ROLES.has(role)) throw new Error('a message has no role that a history knows');
  const parts = listOf(message.parts).map(objectOf);
  const tools = parts.filter(({ type }) => type === 'tool');
  const calls = tools.map(
    (part): RunCall => ({
      id: String(part.call),
      // The execution names the tool itself; a model may know it by another name.
      tool: executed.get(String(part.call)) ?? nativeTool(String(part.name)),
      args: callArguments(part.args),
    }),
  );
  const said: RunMessage = present({
    role: role as RunMessage['role'],
    text: parts.map(textOfPart).filter(Boolean).join('\n'),
    reasoning: textOf(parts.flatMap((part) => (part.type === 'reasoning' ? [part.text] : [])).join('\n')),
    calls: calls.length > 0 ? calls : undefined,
    at: timeOf(message.at),
    extra: typeof message.kind === 'string' ? { kind: message.kind } : undefined,
  });
  return [said, ...tools.flatMap((part) => answerOf(part, results))];
}

function textOfPart(part: JsonObject): string {
  if (part.type === 'text') return typeof part.text === 'string' ? part.text : '';
  return part.type === 'media' ? `[${String(part.mediaType).split('/')[0]}]` : '';
}

/** What the tool said goes before what the model was shown of it, which may have been shortened. */
function answerOf(part: JsonObject, results: ReadonlyMap<string, RunMessage>): readonly RunMessage[] {
  const result = results.get(String(part.call));
  if (result !== undefined) return [result];
  if (part.state === 'pending' || typeof part.output !== 'string') return [];
  const { output, call, endedAt } = part;
  const error = part.state === 'error';
  return [present({ role: 'tool', text: output, answers: String(call), error, at: timeOf(endedAt) })];
}
