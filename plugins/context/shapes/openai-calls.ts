import type { ToolPart } from '../message.ts';
import type { Result } from './history-builder.ts';
import { extraOf, keptOf, keptOfResult, type Members, record } from './kept.ts';
import type { OpenAiCall, OpenAiFunction, OpenAiMessage } from './openai-wire.ts';
import { foldResult, unfoldResult } from './result-pieces.ts';

const ABSENT = 'absent';

export function partOfCall({ id, type, function: called, custom, ...members }: OpenAiCall): ToolPart {
  const written = type === 'function' ? undefined : (type ?? ABSENT);
  if (called === undefined && custom !== undefined) {
    const { name, input } = custom;
    const extra = extraOf('openai', record(members, { type: written }));
    return { type: 'tool', call: id ?? '', name, args: JSON.stringify(input), state: 'pending', ...extra };
  }
  const { name, args, form } = readFunction(called);
  const extra = extraOf('openai', record(members, { ...form, type: written }));
  return { type: 'tool', call: id ?? '', name, args, state: 'pending', ...extra };
}

/** The old way: one call a message, without an id. */
export function partOfFunctionCall(called: OpenAiFunction): ToolPart {
  const { name, args, form } = readFunction(called);
  const extra = extraOf('openai', record({}, { ...form, old: true }));
  return { type: 'tool', call: '', name, args, state: 'pending', ...extra };
}

function readFunction(called: OpenAiFunction | undefined) {
  const { name = '', arguments: args, ...within } = called ?? { name: '' };
  const isText = typeof args === 'string';
  const form = {
    args: isText ? undefined : args === undefined ? ABSENT : 'value',
    in: Object.keys(within).length === 0 ? undefined : within,
  };
  return { name, args: isText ? args : JSON.stringify(args ?? {}), form };
}

function functionOf(part: ToolPart, form: Members): OpenAiFunction {
  const within = (form.in ?? {}) as Members;
  if (form.args === ABSENT && part.args === '{}') return { name: part.name, ...within };
  return { name: part.name, arguments: form.args === 'value' ? value(part.args) : part.args, ...within };
}

/** The member `function_call` or an entry of `tool_calls`. */
export function callOf(part: ToolPart): { readonly old: OpenAiFunction } | { readonly call: OpenAiCall } {
  const { members, form } = keptOf(part, 'openai');
  if (form.old === true) return { old: functionOf(part, form) };
  const id = typeof form.id === 'string' ? form.id : part.call;
  if (form.type === 'custom') {
    const input = value(part.args);
    return { call: { id, type: 'custom', custom: { name: part.name, input: String(input) }, ...members } };
  }
  const type = form.type === ABSENT ? {} : { type: typeof form.type === 'string' ? form.type : 'function' };
  return { call: { id, ...type, function: functionOf(part, form), ...members } };
}

export function resultOf({ role, content, tool_call_id, name, ...members }: OpenAiMessage): Result {
  const isOld = role === 'function';
  const folded = Array.isArray(content) ? foldResult(content) : undefined;
  const form = {
    pieces: folded?.pieces,
    content: content === null ? 'null' : content === undefined ? ABSENT : undefined,
  };
  return {
    of: (isOld ? name : tool_call_id) ?? '',
    state: 'done',
    output: folded?.output ?? (typeof content === 'string' ? content : ''),
    members: isOld || name === undefined ? members : { ...members, name },
    form,
  };
}

/** The message that answers a call; undefined while there is no answer. */
export function answerOf(part: ToolPart): OpenAiMessage | undefined {
  if (part.state === 'pending') return undefined;
  const { form: call } = keptOf(part, 'openai');
  const { members, form } = keptOfResult(part, 'openai');
  const { output = '' } = part;
  const empty = form.content === 'null' ? { content: null } : form.content === ABSENT ? {} : { content: '' };
  const said = output === '' ? empty : { content: output };
  const pieces = unfoldResult(output, form.pieces) as OpenAiMessage['content'];
  const whom =
    call.old === true
      ? { role: 'function' as const, name: part.name }
      : { role: 'tool' as const, tool_call_id: typeof call.id === 'string' ? call.id : part.call };
  return { ...whom, ...(pieces === undefined ? said : { content: pieces }), ...members };
}

function value(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
