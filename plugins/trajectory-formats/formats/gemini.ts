import type { Format, RunDraft } from '../format.ts';
import { isContext } from './gemini/framing.ts';
import { partsOf, wordsIn } from './gemini/parts.ts';
import { isTurns, messagesOf } from './gemini/turns.ts';
import { chatRun } from './reading/chat-run.ts';
import { isObject, type JsonObject, listOf, objectOf } from './reading/members.ts';
import { PendingCalls } from './reading/pending-calls.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';
import { toolDefinitions } from './reading/tool-definitions.ts';

/** Members under which turns are kept: of a request to the API, and of a conversation that Gemini CLI saved. */
const TURNS = ['contents', 'history'];

/**
 * Turns of `parts` as Gemini's API takes them, with calls and their results among the parts: a bare list, a request (Code Assist
 * puts it into one of its own), or a saved conversation.
 */
export const gemini: Format = {
  name: 'gemini',
  recognises: (value) => turnsOf(value) !== undefined,
  read(value, origin): RunDraft {
    const record = recordOf(value);
    const pending = new PendingCalls();
    const system = wordsIn(partsOf(objectOf(record.systemInstruction ?? record.system_instruction).parts));
    const messages = listOf(turnsOf(value)).flatMap((turn) => messagesOf(objectOf(turn), pending));
    const tools = listOf(record.tools).flatMap((tool) => {
      const { functionDeclarations, function_declarations } = objectOf(tool);
      return listOf(functionDeclarations ?? function_declarations);
    });
    const told = system === '' ? messages : [{ role: 'system' as const, text: system }, ...messages];
    const run = chatRun({ ...record, tools: undefined }, told, origin);
    const asked = messages.find(({ role, text }) => role === 'user' && text !== '' && !isContext(text));
    return present({
      ...run,
      request: asked === undefined ? run.request : requestOf(asked.text),
      toolDefinitions: toolDefinitions(tools),
    });
  },
};

/** Code Assist's requests have the model beside the request of the API. */
function recordOf(value: unknown): JsonObject {
  const record = objectOf(value);
  return isObject(record.request) && 'contents' in record.request ? { ...record, ...record.request } : record;
}

function turnsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return isTurns(value) ? value : undefined;
  const record = recordOf(value);
  return TURNS.map((name) => record[name]).find(isTurns);
}
