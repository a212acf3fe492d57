import { randomUUID } from 'node:crypto';
import type { Message, MessageKind, Part, ToolPart } from '#plugins/context/api';
import type { ToolCall } from '#plugins/llm/api';
import type { Decision } from './protocol/protocol.ts';
import type { Call } from './tool-executor.ts';

/** Messages as a run makes them. */
export const userMessage = (text: string, kind: MessageKind): Message => ({
  id: randomUUID(),
  role: 'user',
  kind,
  at: Date.now(),
  parts: [{ type: 'text', text }],
});

export function assistantMessage({ parts, calls }: Decision): Message {
  const pending = calls.map(
    ({ call, name, args, extra }): ToolPart => ({
      ...{ type: 'tool', call, name, args, state: 'pending' },
      ...(extra !== undefined && { extra }),
    }),
  );
  return { id: randomUUID(), role: 'assistant', at: Date.now(), parts: [...parts, ...pending] };
}

export const pendingCalls = (message: Message | undefined): readonly ToolPart[] =>
  (message?.parts ?? []).filter((part): part is ToolPart => part.type === 'tool' && part.state === 'pending');

export const textOf = (parts: readonly Part[]): string =>
  parts
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('')
    .trim();

/** Arguments are an object; what else a model sent is a problem that it is told of. */
export function readCall({ call, name, args, problem }: ToolCall): Call {
  if (problem !== undefined) return { call, tool: name, args: {}, problem };
  return { call, tool: name, ...argumentsOf(args) };
}
export const heldCall = ({ call, name, args }: ToolPart): Call => ({ call, tool: name, ...argumentsOf(args) });

function argumentsOf(text: string): Pick<Call, 'args' | 'problem'> {
  try {
    const args: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof args === 'object' && args !== null && !Array.isArray(args))
      return { args: args as Record<string, unknown> };
    return { args: {}, problem: `expected an object, got ${Array.isArray(args) ? 'a list' : typeof args}` };
  } catch (error) {
    return { args: {}, problem: (error as Error).message };
  }
}
