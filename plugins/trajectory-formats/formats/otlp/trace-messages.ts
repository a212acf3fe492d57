import type { RunCall, RunMessage } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../reading/members.ts';
import { present } from '../reading/present.ts';
import { withBlocks } from '../reading/sdk-parts.ts';
import { toolOf } from '../reading/tool-name.ts';

const ROLES: Readonly<Record<string, RunMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  model: 'assistant',
  AIMessage: 'assistant',
  tool: 'tool',
  function: 'tool',
};

/**
 * A message of a trace: with `parts` as the GenAI conventions have them, with `content` and `tool_calls` as OpenAI, with blocks
 * as Anthropic, or with a `type` as LangChain. Results that stand in one message become messages of their own.
 */
export function traceMessages(value: unknown, fallback: RunMessage['role'] = 'user'): readonly RunMessage[] {
  if (typeof value === 'string') return value === '' ? [] : [{ role: fallback, text: value }];
  const message = withSdkBlocks(unwrapped(objectOf(value)));
  const named = [message.role, message.type].find(
    (role): role is string => typeof role === 'string' && Object.hasOwn(ROLES, role),
  );
  const role = named === undefined ? fallback : ROLES[named]!;
  const parts = listOf(message.parts ?? message.content).filter(isObject);
  const results = parts.flatMap(resultOf);
  const text = contentText(
    Array.isArray(message.parts ?? message.content)
      ? listOf(message.parts ?? message.content).filter((part) => !isResult(objectOf(part)))
      : message.content,
  );
  if (role === 'tool')
    return results.length > 0
      ? results
      : [present({ role, text, answers: textOf(message.tool_call_id) ?? textOf(message.id) })];
  const thoughts = parts.filter(({ type }) => type === 'reasoning' || type === 'thinking');
  const reasoning = contentText(message.reasoning_content) || thoughts.map(thought).join('\n');
  const calls = [...parts.flatMap(callOfPart), ...listOf(message.tool_calls).flatMap(callOf)];
  const said = present({
    role,
    text,
    reasoning: reasoning || undefined,
    calls: calls.length > 0 ? calls : undefined,
  });
  return text === '' && said.reasoning === undefined && calls.length === 0 ? results : [...results, said];
}

/** LangChain's serialised messages keep everything below `kwargs` or `data`. */
function unwrapped(message: JsonObject): JsonObject {
  const inner = isObject(message.kwargs) ? message.kwargs : isObject(message.data) ? message.data : undefined;
  return inner === undefined ? message : { ...inner, type: inner.type ?? message.type };
}

const withSdkBlocks = (message: JsonObject): JsonObject =>
  Array.isArray(message.content) ? { ...message, content: withBlocks(message.content) } : message;

const thought = ({ content, text, thinking }: JsonObject): string => contentText(content ?? thinking ?? text);

const isResult = ({ type }: JsonObject): boolean => type === 'tool_call_response' || type === 'tool_result';

function resultOf(part: JsonObject): readonly RunMessage[] {
  if (!isResult(part)) return [];
  const given = part.response ?? part.result ?? part.content;
  const text = isObject(given) ? JSON.stringify(given) : contentText(given);
  return [
    present({
      role: 'tool' as const,
      text,
      answers: textOf(part.id) ?? textOf(part.tool_use_id) ?? textOf(part.tool_call_id),
      error: typeof part.is_error === 'boolean' ? part.is_error : undefined,
    }),
  ];
}

const callOfPart = (part: JsonObject): readonly RunCall[] =>
  part.type === 'tool_call' || part.type === 'tool_use' ? callOf(part) : [];

function callOf(value: unknown): readonly RunCall[] {
  const call = objectOf(objectOf(value).tool_call ?? value);
  const { name, arguments: given, args, input } = { ...call, ...objectOf(call.function) } as JsonObject;
  const named = textOf(name);
  return named === undefined
    ? []
    : [{ id: textOf(call.id) ?? '', tool: toolOf(named), args: callArguments(given ?? args ?? input) }];
}
