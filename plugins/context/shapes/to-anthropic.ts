import type { Message, Part, ToolPart } from '../message.ts';
import { blockOf, isOneText, spokenBlockOf } from './anthropic-blocks.ts';
import type { AnthropicBlock, AnthropicMessage } from './anthropic-wire.ts';
import { keptOf, keptOfResult, type Members } from './kept.ts';
import { unfoldResult } from './result-pieces.ts';

const BEGINNING = '(The conversation goes on from here.)';

interface Turn {
  readonly role: AnthropicMessage['role'];
  readonly blocks: AnthropicBlock[];
  members: Members;
  /** Written as a string. */
  text: string | undefined;
}

/**
 * A history for the Messages API: the system's messages at the head as `system`, later ones as the user's; messages of one
 * role in a row as one; results first in the user's message that follows; the first message the user's. Empty texts, and
 * thoughts without a signature, are left out. Calls that are not answered yet have no result in it: see `sendable`.
 */
export function toAnthropic(messages: readonly Message[]): {
  readonly system?: string | readonly AnthropicBlock[];
  readonly messages: AnthropicMessage[];
} {
  const begin = messages.findIndex(({ role }) => role !== 'system');
  const head = messages.slice(0, begin < 0 ? messages.length : begin).filter((each) => roleOf(each) !== 'system');
  const turns: Turn[] = [];
  for (const message of messages.slice(head.length)) {
    say(turns, message);
    const results = resultsOf(message.parts);
    if (results.length > 0) join(turns, { role: 'user', blocks: results, members: {}, text: undefined });
  }
  const written = turns.map(
    ({ role, blocks, members, text }): AnthropicMessage => ({ role, content: text ?? blocks, ...members }),
  );
  if (written[0]?.role === 'assistant') written.unshift({ role: 'user', content: BEGINNING });
  return { ...systemOf(head), messages: written };
}

/** `system` only where a message of that role stood between the others, in a history of this API. */
const roleOf = (message: Message): unknown => keptOf(message, 'anthropic').form.role;

function say(turns: Turn[], message: Message): void {
  const { members, form } = keptOf(message, 'anthropic');
  const role = message.role === 'system' && form.role !== 'system' ? 'user' : message.role;
  const isUser = message.role === 'user';
  const parts =
    role === 'assistant' ? message.parts : message.parts.filter(({ type }) => type === 'text' || type === 'media');
  const blocks = parts.map(isUser ? blockOf : spokenBlockOf).filter((each) => each !== undefined);
  join(turns, { role, blocks, members, text: textOf(message.parts, blocks, form) });
}

function join(turns: Turn[], turn: Turn): void {
  const last = turns.at(-1);
  if (turn.blocks.length === 0) return;
  if (last === undefined || last.role !== turn.role) return void turns.push(turn);
  last.text = undefined;
  last.blocks.push(...turn.blocks);
  last.members = { ...last.members, ...turn.members };
}

function textOf(parts: readonly Part[], blocks: readonly AnthropicBlock[], form: Members): string | undefined {
  return blocks.length === 1 && isOneText(parts) && form.content !== 'blocks' ? parts[0].text : undefined;
}

function systemOf(head: readonly Message[]): { readonly system?: string | readonly AnthropicBlock[] } {
  const blocks = head.flatMap(({ parts }) => parts.map(spokenBlockOf)).filter((each) => each !== undefined);
  if (blocks.length === 0) return {};
  const [first] = head;
  const text = head.length === 1 ? textOf(first!.parts, blocks, keptOf(first!, 'anthropic').form) : undefined;
  return { system: text ?? blocks };
}

function resultsOf(parts: readonly Part[]): AnthropicBlock[] {
  return parts
    .filter((part): part is ToolPart => part.type === 'tool' && part.state !== 'pending')
    .map((part, index) => ({ part, place: Number(keptOfResult(part, 'anthropic').form.place ?? index) }))
    .sort((a, b) => a.place - b.place)
    .map(({ part }) => resultOf(part));
}

function resultOf(part: ToolPart): AnthropicBlock {
  const { members, form } = keptOfResult(part, 'anthropic');
  const { output = '' } = part;
  const id = keptOf(part, 'anthropic').form.id;
  const content =
    unfoldResult(output, form.pieces) ?? (output === '' && form.content === 'absent' ? undefined : output);
  return {
    type: 'tool_result',
    tool_use_id: typeof id === 'string' ? id : part.call,
    ...(content !== undefined && { content }),
    ...(part.state === 'error' ? { is_error: true } : form.saysNoError === true && { is_error: false }),
    ...members,
  };
}
