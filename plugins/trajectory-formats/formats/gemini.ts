import type { RunMessage } from '../api.ts';
import type { Format, RunDraft } from '../format.ts';
import { callArguments } from './reading/call-arguments.ts';
import { chatRun } from './reading/chat-run.ts';
import { contentText } from './reading/content.ts';
import { isObject, type JsonObject, listOf, objectOf, textOf } from './reading/members.ts';
import { PendingCalls } from './reading/pending-calls.ts';
import { present } from './reading/present.ts';
import { toolDefinitions } from './reading/tool-definitions.ts';
import { toolOf } from './reading/tool-name.ts';

const ROLES: Readonly<Record<string, RunMessage['role']>> = {
  user: 'user',
  model: 'assistant',
  function: 'user',
  system: 'system',
};

/** `contents` as Gemini's API takes them: turns of `parts`, with calls and their results among the parts. */
export const gemini: Format = {
  name: 'gemini',
  recognises: (value) => {
    const turns = turnsOf(value);
    return turns.length > 0 && turns.slice(0, 3).every(isTurn);
  },
  read(value, origin): RunDraft {
    const record = isObject(value) ? value : {};
    const pending = new PendingCalls();
    const system = contentText(objectOf(record.systemInstruction ?? record.system_instruction).parts);
    const messages = turnsOf(value).flatMap((turn) => messagesOf(objectOf(turn), pending));
    const tools = listOf(record.tools).flatMap((tool) => {
      const { functionDeclarations, function_declarations } = objectOf(tool);
      return listOf(functionDeclarations ?? function_declarations);
    });
    const told = system === '' ? messages : [{ role: 'system' as const, text: system }, ...messages];
    return present({
      ...chatRun({ ...record, tools: undefined }, told, origin),
      toolDefinitions: toolDefinitions(tools),
    });
  },
};

const turnsOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : listOf(objectOf(value).contents);

const isTurn = (turn: unknown): boolean =>
  isObject(turn) &&
  typeof turn.role === 'string' &&
  Object.hasOwn(ROLES, turn.role) &&
  Array.isArray(turn.parts) &&
  turn.parts.every((part) => isObject(part) && PARTS.some((name) => name in part));

const CALLS = ['functionCall', 'function_call'];
const RESULTS = ['functionResponse', 'function_response'];
const PARTS = [
  'text',
  'inlineData',
  'inline_data',
  'fileData',
  'executableCode',
  'codeExecutionResult',
  ...CALLS,
  ...RESULTS,
];

function messagesOf({ role, parts }: JsonObject, pending: PendingCalls): readonly RunMessage[] {
  if (typeof role !== 'string' || !Object.hasOwn(ROLES, role))
    throw new Error('contents: a turn is of nobody that is known');
  const given = listOf(parts).filter(isObject);
  const inside = (names: readonly string[]): readonly JsonObject[] =>
    given.flatMap((part) => names.flatMap((name) => (isObject(part[name]) ? [part[name]] : [])));
  const results = inside(RESULTS).map((result) => resultOf(result, pending));
  const said = given.filter((part) => typeof part.text === 'string' || !PARTS.some((name) => name in part));
  const [thoughts, words] = [
    said.filter(({ thought }) => thought === true),
    said.filter(({ thought }) => thought !== true),
  ];
  const calls = inside(CALLS).map(({ id, name, args }) => {
    const called = textOf(name) ?? '';
    return { id: pending.called(textOf(id), called), tool: toolOf(called), args: callArguments(args) };
  });
  const message: RunMessage = present({
    role: ROLES[role]!,
    text: contentText(words),
    reasoning: textOf(contentText(thoughts)),
    calls: calls.length > 0 ? calls : undefined,
  });
  return results.length > 0 && message.text === '' && calls.length === 0 ? results : [...results, message];
}

function resultOf({ id, name, response }: JsonObject, pending: PendingCalls): RunMessage {
  const { result, output, error } = objectOf(response);
  const only = isObject(response) && Object.keys(response).length === 1 ? (result ?? output ?? error) : undefined;
  const text = typeof only === 'string' ? only : JSON.stringify(response ?? '');
  return present({
    role: 'tool' as const,
    text,
    answers: pending.answered(textOf(id), textOf(name)),
    error: error !== undefined ? true : undefined,
  });
}
