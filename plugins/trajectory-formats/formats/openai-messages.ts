import type { Format, RunDraft } from '../format.ts';
import { chatMessages, isChat } from './reading/chat-messages.ts';
import { chatRun, parsedList } from './reading/chat-run.ts';
import { callReader } from './reading/exported-tools.ts';
import { isObject, type JsonObject, objectOf } from './reading/members.ts';
import { exportedAs } from './reading/record-labels.ts';

/** Members under which records keep a chat. */
const CHATS = ['messages', 'conversation', 'conversations', 'trajectory', 'dialogue', 'chat', 'history'];

/** Chat messages as OpenAI's or Anthropic's API has them, in a record with whatever else, or as a bare list. */
export const openaiMessages: Format = {
  name: 'openai-messages',
  recognises: (value) => isChat(value) || (isObject(value) && (chatOf(value) !== undefined || isEmptyExport(value))),
  read(value, origin): RunDraft {
    const record = isObject(value) ? value : {};
    const list = Array.isArray(value) ? value : (chatOf(record) ?? []);
    return chatRun(withFunctions(record, list), chatMessages(list, { call: callReader(record) }), origin);
  },
};

/** Some have the definitions of the tools in the system message. */
function withFunctions(record: JsonObject, [first]: readonly unknown[]): JsonObject {
  const { functions, tools, role } = objectOf(first);
  const given = functions ?? tools;
  const isThere = [record.tools, record.functions, record.available_tools].some(
    (one) => one !== undefined && one !== null,
  );
  return given === undefined || given === null || isThere || role !== 'system'
    ? record
    : { ...record, functions: given };
}

/** A run in which nobody said anything, as this project writes it. */
const isEmptyExport = (record: JsonObject): boolean =>
  Array.isArray(record.messages) && record.messages.length === 0 && exportedAs(record) !== undefined;

function chatOf(record: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  for (const name of CHATS) {
    const member = record[name];
    const list = typeof member === 'string' ? parsedList(member) : member;
    if (!isChat(list)) continue;
    // Anthropic's API has the system prompt beside the messages.
    return typeof record.system === 'string' ? [{ role: 'system', content: record.system }, ...list] : list;
  }
  return undefined;
}
