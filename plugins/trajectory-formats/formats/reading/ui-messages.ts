import { isObject, type JsonObject, textOf } from './members.ts';

const TOOL = /^tool-(.+)$/;
/** Of a call that is not done yet nothing has come back. */
const ENDED: ReadonlySet<unknown> = new Set(['output-available', 'output-error', 'output-denied', 'result']);

/**
 * A message of parts: as the AI SDK keeps it for a page, where calls are parts with what came of them, or as the GenAI
 * conventions of OpenTelemetry have it, where results are parts of later messages.
 */
export const isUiMessage = ({ parts }: JsonObject): boolean =>
  Array.isArray(parts) && parts.length > 0 && parts.every((part) => isObject(part) && typeof part.type === 'string');

/** The same as plain messages: what was said before a call, the call, and its result each have a place of their own. */
export function plainMessages(message: JsonObject): readonly JsonObject[] {
  const { parts, role } = message;
  const plain: JsonObject[] = [];
  let said: JsonObject[] = [];
  let results: JsonObject[] = [];
  const close = (): void => {
    if (said.length > 0) plain.push({ ...message, role, content: said });
    // Not as arguments: there may be more than fit on the stack.
    for (const result of results) plain.push(result);
    said = [];
    results = [];
  };
  for (const part of parts as readonly JsonObject[]) {
    const call = callIn(part);
    // A new step, or words after results, begin a message of their own.
    if (part.type === 'step-start' || (call === undefined && results.length > 0)) close();
    if (call !== undefined) {
      said.push({ type: 'tool_use', id: call.id, name: call.name, input: call.input });
      if (call.result !== undefined) results.push(call.result);
    } else if (part.type === 'reasoning') said.push({ type: 'thinking', thinking: part.text ?? part.content });
    else if (part.type === 'tool_call_response')
      said.push({ type: 'tool_result', tool_use_id: part.id, content: asText(part.response ?? part.result) });
    else if (part.type !== 'step-start') said.push(part);
  }
  close();
  return plain.length > 0 ? plain : [{ ...message, role, content: '' }];
}

interface UiCall {
  readonly id: unknown;
  readonly name: string;
  readonly input: unknown;
  readonly result?: JsonObject;
}

/** `tool-NAME` and `dynamic-tool` (version 5 and later), or `tool-invocation` (version 4). */
function callIn(part: JsonObject): UiCall | undefined {
  if (part.type === 'tool_call' && typeof part.name === 'string')
    return { id: part.id, name: part.name, input: part.arguments };
  const call = part.type === 'tool-invocation' && isObject(part.toolInvocation) ? part.toolInvocation : part;
  const name = textOf(call.toolName) ?? TOOL.exec(String(part.type))?.[1];
  if (name === undefined || !('toolCallId' in call)) return undefined;
  const { toolCallId: id, state, errorText } = call;
  const output = call.output ?? call.result ?? errorText ?? '';
  const asked = { id, name, input: call.input ?? call.args ?? call.rawInput };
  if (!ENDED.has(state)) return asked;
  return {
    ...asked,
    result: {
      role: 'tool',
      tool_call_id: id,
      content: asText(output),
      is_error: state === 'output-error' || state === 'output-denied',
    },
  };
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
