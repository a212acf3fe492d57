import type { RunCall, RunMessage } from '../api.ts';
import type { Format, RunDraft } from '../format.ts';
import { callArguments } from './reading/call-arguments.ts';
import { callsInReply, callsInText, resultsInText } from './reading/call-text.ts';
import { chatRun, parsedList } from './reading/chat-run.ts';
import { contentText } from './reading/content.ts';
import { callReader } from './reading/exported-tools.ts';
import { isObject, type JsonObject, objectOf, textOf } from './reading/members.ts';
import { PendingCalls } from './reading/pending-calls.ts';
import { present } from './reading/present.ts';
import { exportedAs } from './reading/record-labels.ts';

const ROLES: Readonly<Record<string, RunMessage['role'] | 'call'>> = {
  system: 'system',
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
  chatgpt: 'assistant',
  model: 'assistant',
  bot: 'assistant',
  function_call: 'call',
  tool_call: 'call',
  observation: 'tool',
  tool: 'tool',
  tool_response: 'tool',
  function_response: 'tool',
  function: 'tool',
};

/** ShareGPT's `conversations` of `from` and `value`; calls as turns of their own, or in tags inside the model's text. */
export const shareGpt: Format = {
  name: 'sharegpt',
  recognises: (value) => turnsOf(value) !== undefined,
  read(value, origin): RunDraft {
    const record = objectOf(value);
    const system = textOf(record.system);
    const spoken = messagesOf(turnsOf(value) ?? [], callReader(record));
    const messages: readonly RunMessage[] =
      system === undefined ? spoken : [{ role: 'system', text: system }, ...spoken];
    return chatRun({ ...record, tools: parsedList(record.tools) }, messages, origin);
  },
};

type ReadCall = ReturnType<typeof callReader>;

function turnsOf(value: unknown): readonly JsonObject[] | undefined {
  const record = objectOf(value);
  const turns = Array.isArray(value) ? value : (record.conversations ?? record.conversation ?? record.items);
  if (!Array.isArray(turns)) return undefined;
  const told = turns.length > 0 ? turns.slice(0, 3).every(isTurn) : exportedAs(record) !== undefined;
  return told ? turns : undefined;
}

const isTurn = (turn: unknown): turn is JsonObject =>
  isObject(turn) && 'value' in turn && typeof turn.from === 'string' && Object.hasOwn(ROLES, turn.from);

function messagesOf(turns: readonly JsonObject[], read: ReadCall): readonly RunMessage[] {
  const pending = new PendingCalls();
  const messages: RunMessage[] = [];
  /** Whether the last message may still get calls: what it says and what it calls are turns of their own. */
  let open = false;
  turns.forEach(({ from, value }, index) => {
    const role = typeof from === 'string' && Object.hasOwn(ROLES, from) && ROLES[from];
    if (!role) throw new Error(`conversations[${index}]: it is from nobody that is known`);
    const text = contentText(value);
    if (role === 'call') {
      const last = open ? messages.pop() : undefined;
      const calls = callsIn(value).map((call) => callOf(call, pending, read));
      messages.push({ role: 'assistant', text: '', ...last, calls: [...(last?.calls ?? []), ...calls] });
    } else if (role === 'tool') for (const result of resultsIn(text, pending)) messages.push(result);
    else messages.push(role === 'assistant' ? replyOf(text, pending, read) : { role, text });
    open = role === 'assistant' || role === 'call';
  });
  return messages;
}

function replyOf(text: string, pending: PendingCalls, read: ReadCall): RunMessage {
  const [thinking = '', reasoning] = /^\s*<think>([\s\S]*?)<\/think>\s*/.exec(text) ?? [];
  const { text: said, calls } = callsInReply(text.slice(thinking.length));
  return present({
    role: 'assistant',
    text: said,
    reasoning: textOf(reasoning)?.trim(),
    calls: calls.length > 0 ? calls.map((call) => callOf(call, pending, read)) : undefined,
  });
}

const resultsIn = (text: string, pending: PendingCalls): readonly RunMessage[] =>
  resultsInText(text).map((result) =>
    present({ role: 'tool', text: result, answers: pending.answered(undefined, undefined) }),
  );

/** Some write the call as it is, not as JSON in a string. */
const callsIn = (value: unknown): readonly JsonObject[] =>
  isObject(value) && textOf(value.name) !== undefined ? [value] : callsInText(contentText(value));

function callOf(call: JsonObject, pending: PendingCalls, read: ReadCall): RunCall {
  const { name, arguments: args, parameters } = isObject(call.function) ? call.function : call;
  const called = typeof name === 'string' ? name : '';
  const id = pending.called(textOf(call.id), called);
  return { id, ...read(called, callArguments(args ?? parameters)) };
}
