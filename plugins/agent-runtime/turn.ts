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

/** Empty where nothing of it can be seen. */
export const textOf = (parts: readonly Part[]): string => {
  const text = said(parts);
  return /[^\p{Z}\p{C}]/u.test(text) ? text : '';
};
const said = (parts: readonly Part[]): string =>
  parts
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('')
    .trim();

/** What ends a run: words, and no call. */
export const isAnswer = ({ role, parts }: Message): boolean =>
  role === 'assistant' && textOf(parts) !== '' && parts.every(({ type }) => type !== 'tool');

/** Arguments are an object; what else a model sent is a problem that it is told of. */
export function readCall({ call, name, args, problem }: ToolCall): Call {
  if (problem !== undefined) return { call, tool: name, args: {}, problem };
  return { call, tool: name, ...argumentsOf(args) };
}
export const heldCall = ({ call, name, args }: ToolPart): Call => ({ call, tool: name, ...argumentsOf(args) });

function argumentsOf(text: string): Pick<Call, 'args' | 'problem'> {
  try {
    const args: unknown = JSON.parse(text === '' ? '{}' : text);
    if (isDeep(args)) return { args: {}, problem: `they are nested more than ${DEEPEST} levels` };
    if (typeof args === 'object' && args !== null && !Array.isArray(args))
      return { args: args as Record<string, unknown> };
    return { args: {}, problem: `expected an object, got ${Array.isArray(args) ? 'a list' : typeof args}` };
  } catch (error) {
    return { args: {}, problem: (error as Error).message };
  }
}

const DEEPEST = 100;
/** Whoever walks through it by calling itself would run out of stack. */
function isDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}
