import type { RunMessage } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { Conversation } from '../reading/conversation.ts';
import { isObject, type JsonObject, listOf, textOf, timeOf } from '../reading/members.ts';
import { toolOf } from '../reading/tool-name.ts';
import type { Entry } from './entries.ts';

/** Texts that the program itself puts into the mouth of the user. */
const COMMANDS =
  /^\s*<(?:command-name|command-message|local-command-\w+|bash-\w+|system-reminder|user-memory-input)>|^Caveat: /;

export function conversationOf(entries: readonly Entry[]): { messages: readonly RunMessage[]; request: string } {
  const talk = new Conversation();
  let request: string | undefined;
  let second: string | undefined;
  for (const { id, type, line, message } of entries) {
    const at = timeOf(line.timestamp);
    if (type === 'assistant') assistant(talk, message, textOf(message.id) ?? id, at);
    if (type !== 'user') continue;
    for (const part of listOf(message.content)) if (isObject(part)) result(talk, part, at);
    const text = contentText(spoken(message.content));
    if (text === '') continue;
    const framed = line.isMeta === true || line.isCompactSummary === true || COMMANDS.test(text);
    talk.say('user', text, at, framed ? { of: line.isCompactSummary === true ? 'compaction' : 'program' } : undefined);
    if (framed) second ??= text;
    else request ??= text;
  }
  return { messages: talk.messages, request: request ?? second ?? '' };
}

function assistant(talk: Conversation, { content }: JsonObject, turn: string, at: number | undefined): void {
  if (typeof content === 'string') return talk.act({ text: content, at, turn });
  for (const part of listOf(content)) {
    if (!isObject(part)) continue;
    if (part.type === 'thinking') talk.act({ reasoning: contentText(part.thinking), at, turn });
    else if ((part.type === 'tool_use' || part.type === 'server_tool_use') && typeof part.name === 'string') {
      const id = textOf(part.id) ?? `call_${turn}`;
      talk.act({ calls: [{ id, tool: toolOf(part.name), args: callArguments(part.input) }], at, turn });
    } else if (textOf(part.tool_use_id) !== undefined) result(talk, part, at);
    else talk.act({ text: contentText([part]), at, turn });
  }
}

function result(talk: Conversation, part: JsonObject, at: number | undefined): void {
  const id = textOf(part.tool_use_id);
  if (id === undefined || typeof part.type !== 'string' || !part.type.endsWith('tool_result')) return;
  talk.answer(id, contentText(part.content), typeof part.is_error === 'boolean' ? part.is_error : undefined, at);
}

/** What is not the result of a call. */
const spoken = (content: unknown): unknown =>
  Array.isArray(content) ? content.filter((part) => !isObject(part) || part.type !== 'tool_result') : content;
