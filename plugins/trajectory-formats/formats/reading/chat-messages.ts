import type { RunCall, RunMessage } from '../../api.ts';
import { callArguments } from './call-arguments.ts';
import {
  callsInPython,
  callsInReply,
  callsInText,
  isToldResult,
  resultsInText,
  type SpokenCalls,
} from './call-text.ts';
import { contentText } from './content.ts';
import { isObject, type JsonObject, listOf, objectOf, textOf, timeOf } from './members.ts';
import { PendingCalls } from './pending-calls.ts';
import { present } from './present.ts';
import { withBlocks } from './sdk-parts.ts';
import { toolOf } from './tool-name.ts';
import { isUiMessage, plainMessages } from './ui-messages.ts';

/** What a benchmark's own conventions make of calls and results. */
export interface ChatConventions {
  readonly call?: (name: string, args: JsonObject) => Pick<RunCall, 'tool' | 'args' | 'lookup'>;
  readonly result?: (text: string) => { readonly text: string; readonly error?: boolean };
}

const ROLES: Readonly<Record<string, RunMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  model: 'assistant',
  ai: 'assistant',
  tool: 'tool',
  function: 'tool',
  tool_call: 'assistant',
  tool_calls: 'assistant',
  tool_response: 'tool',
  observation: 'tool',
  ipython: 'tool',
  environment: 'tool',
};

export const isChatMessage = (value: unknown): value is JsonObject =>
  isObject(value) &&
  typeof value.role === 'string' &&
  Object.hasOwn(ROLES, value.role) &&
  ('content' in value || 'tool_calls' in value || 'function_call' in value || isUiMessage(value));

/** Whether a list looks like a chat by its beginning. */
export const isChat = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.length > 0 && value.slice(0, 3).every(isChatMessage);

/**
 * Messages of a chat as OpenAI's API has them (also the old `function_call`), or Anthropic's and the AI SDK's with calls and
 * results as parts of the content, or with calls written into the text or as Python (`function_calls`). A message of a role that is none is thrown.
 */
export function chatMessages(list: readonly unknown[], conventions: ChatConventions = {}): readonly RunMessage[] {
  const pending = new PendingCalls();
  let wrote = false;
  const plain = list.flatMap((value): readonly unknown[] =>
    isObject(value) && isUiMessage(value) ? plainMessages(value) : [value],
  );
  return plain.flatMap((value, index) => {
    const given = objectOf(value);
    const message = Array.isArray(given.content) ? { ...given, content: withBlocks(given.content) } : given;
    const role = typeof message.role === 'string' && Object.hasOwn(ROLES, message.role) && ROLES[message.role];
    if (!role) throw new Error(`message ${index}: it has no role that a chat knows`);
    const results = blocksOf(message.content, 'tool_result');
    const answers = results.map((block) => resultOf(block, block.content, pending, conventions));
    if (role === 'tool' && results.length === 0)
      return resultsOf(message, pending).map((content) => resultOf(message, content, pending, conventions));
    if (role === 'user' && wrote && isToldResult(contentText(message.content))) {
      wrote = false;
      return resultsInText(contentText(message.content)).map((text) => resultOf({}, text, pending, conventions));
    }
    const said = spoken(role, message, pending, conventions);
    wrote = said.calls !== undefined && callsOf(message).length === 0;
    // Results stand before what the user says besides; nothing else makes no message.
    return results.length > 0 && said.text === '' && said.calls === undefined ? answers : [...answers, said];
  });
}

function spoken(
  role: RunMessage['role'],
  message: JsonObject,
  pending: PendingCalls,
  conventions: ChatConventions,
): RunMessage {
  const { content, refusal } = message;
  const results = new Set<unknown>(blocksOf(content, 'tool_result'));
  const whole = contentText(results.size > 0 ? listOf(content).filter((part) => !results.has(part)) : content);
  const { text, calls: asked } = callsSaid(role, message, whole);
  const calls = asked.map((call) => callOf(call, pending, conventions));
  return present({
    role,
    text: text === '' && typeof refusal === 'string' ? refusal : text,
    reasoning: reasoningOf(message),
    calls: calls.length > 0 ? calls : undefined,
    at: timeOf(message.timestamp ?? message.created_at),
  });
}

/** Calls have a place of their own, or the model has written them: as a message of theirs, or into what it says. */
function callsSaid(role: RunMessage['role'], message: JsonObject, text: string): SpokenCalls {
  const calls = callsOf(message);
  if (calls.length > 0 || role !== 'assistant') return { text, calls };
  return message.role === 'tool_call' || message.role === 'tool_calls'
    ? { text: '', calls: callsInText(text) }
    : callsInReply(text);
}

function reasoningOf({ content, reasoning_content, reasoning, thinking }: JsonObject): string | undefined {
  const thoughts = blocksOf(content, 'thinking').map((block) => textOf(block.thinking) ?? '');
  const thought = textOf(reasoning_content) ?? textOf(reasoning) ?? textOf(thinking);
  return textOf(thoughts.join('\n')) ?? thought;
}

const blocksOf = (content: unknown, type: string): readonly JsonObject[] =>
  Array.isArray(content) ? content.filter((part): part is JsonObject => isObject(part) && part.type === type) : [];

/** Results of calls that were made together stand in the lines of one message, where there are as many. */
function resultsOf({ role, content }: JsonObject, pending: PendingCalls): readonly unknown[] {
  const lines = role === 'environment' && typeof content === 'string' ? content.split('\n') : [];
  return lines.length > 1 && lines.length === pending.count && !lines.includes('') ? lines : [content];
}

function callsOf(message: JsonObject): readonly JsonObject[] {
  const { content, tool_calls, function_call, function_calls } = message;
  if (typeof function_calls === 'string') return callsInPython(function_calls);
  const listed = listOf(tool_calls).filter(isObject);
  if (listed.length > 0) return listed;
  const single = isObject(function_call) ? [function_call] : [];
  return [...single, ...blocksOf(content, 'tool_use')];
}

function callOf(call: JsonObject, pending: PendingCalls, { call: read }: ChatConventions): RunCall {
  const { name, arguments: text, args, input } = isObject(call.function) ? call.function : call;
  const called = typeof name === 'string' ? name : '';
  const given = callArguments(text ?? args ?? input);
  const id = pending.called(typeof call.id === 'string' ? call.id : undefined, called);
  return { id, ...(read?.(called, given) ?? { tool: toolOf(called), args: given }) };
}

/** A result says which call it answers, or it answers the oldest one that waits. */
function resultOf(
  result: JsonObject,
  content: unknown,
  pending: PendingCalls,
  { result: read }: ChatConventions,
): RunMessage {
  const { tool_call_id, tool_use_id, id, name } = result;
  const said = textOf(tool_call_id) ?? textOf(tool_use_id) ?? pending.asId(id);
  const text = contentText(content);
  return present({
    role: 'tool',
    answers: pending.answered(said, textOf(name)),
    error: errorOf(result),
    ...(read?.(text) ?? { text }),
    at: timeOf(result.timestamp ?? result.created_at),
  });
}

function errorOf({ is_error, isError, error, status }: JsonObject): boolean | undefined {
  const flag = [is_error, isError, error].find((one) => typeof one === 'boolean');
  if (flag !== undefined) return flag as boolean;
  return status === 'error' ? true : status === 'success' ? false : undefined;
}
