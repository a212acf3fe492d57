import type { MediaPart, Message, Part, TextPart, ToolPart } from '../message.ts';
import { HistoryBuilder } from './history-builder.ts';
import { extraOf, record } from './kept.ts';
import { partOfCall, partOfFunctionCall, resultOf } from './openai-calls.ts';
import { isOneText, partOfOpenAi } from './openai-parts.ts';
import { type OpenAiMessage, REASONING } from './openai-wire.ts';

/**
 * A history as the chat completions API has it. A valid one comes back as it was by `toOpenAi`, apart from results that
 * stood behind later messages, which no endpoint takes. The first user message is the task.
 */
export function fromOpenAi(list: readonly OpenAiMessage[], options: { readonly at?: number } = {}): Message[] {
  const history = new HistoryBuilder('openai', options.at ?? 0);
  for (const wire of list) {
    if (wire.role === 'tool' || wire.role === 'function') history.result(resultOf(wire));
    else addMessage(history, wire);
  }
  return history.build();
}

function addMessage(history: HistoryBuilder, { role, content, ...rest }: OpenAiMessage): void {
  const members: Record<string, unknown> = { ...rest };
  const parts: Part[] = [];
  const take = (member: string): void => void delete members[member];
  const texts =
    typeof content === 'string' ? (content === '' ? [] : [text(content)]) : (content ?? []).map(partOfOpenAi);
  const calls: ToolPart[] = [];
  if (role === 'assistant') {
    const member = [rest.reasoning_content, rest.reasoning].findIndex(
      (each) => typeof each === 'string' && each !== '',
    );
    if (member >= 0) {
      const name = REASONING[member]!;
      take(name);
      const form = { member: member === 0 ? undefined : name };
      parts.push({ type: 'reasoning', text: rest[name] as string, ...extraOf('openai', record({}, form)) });
    }
    if (rest.tool_calls != null && rest.tool_calls.length > 0) {
      take('tool_calls');
      calls.push(...rest.tool_calls.map(partOfCall));
    }
    if (rest.function_call != null) {
      take('function_call');
      calls.push(partOfFunctionCall(rest.function_call));
    }
  }
  parts.push(...texts);
  if (typeof rest.refusal === 'string' && rest.refusal !== '') {
    take('refusal');
    parts.push({ type: 'text', text: rest.refusal, ...extraOf('openai', record({}, { member: 'refusal' })) });
  }
  parts.push(...calls);
  const form = {
    role: role === 'developer' ? role : undefined,
    content: formOf(content, texts, calls.length > 0 || members.audio !== undefined),
  };
  history.add(role === 'developer' ? 'system' : (role as Message['role']), parts, record(members, form));
}

const text = (said: string): TextPart => ({ type: 'text', text: said });

/** How the content was written, where `toOpenAi` would write it in another way. */
function formOf(content: OpenAiMessage['content'], parts: readonly (TextPart | MediaPart)[], mayBeNull: boolean) {
  if (parts.length > 0) return Array.isArray(content) && isOneText(parts) ? 'parts' : undefined;
  if (Array.isArray(content)) return 'parts';
  if (content === undefined) return 'absent';
  return (content === null) === mayBeNull ? undefined : content === null ? 'null' : 'empty';
}
