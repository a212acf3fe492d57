import type { ImportedRun } from '../api.ts';
import type { Format, Origin, RunDraft, SessionFormat } from '../format.ts';
import { Recording } from './gemini/recording.ts';
import { sessionMessages } from './gemini/session-messages.ts';
import { lastWords } from './reading/conversation.ts';
import { isObject, type JsonObject, numberOf, textOf, timeOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';

/** Sessions that Gemini CLI keeps below `~/.gemini/tmp`, as earlier versions do: one object, written anew with every message. */
export const geminiSession: Format = {
  name: 'gemini',
  recognises: (value) =>
    isHeader(value) &&
    Array.isArray(value.messages) &&
    value.messages.length > 0 &&
    value.messages.slice(0, 3).every(isMessage),
  read: (value, origin) => runOf([value], origin),
};

/** As later versions do: a line a message, or a change of what stands before. */
export const geminiSessionLines: SessionFormat = {
  name: 'gemini',
  recognisesLine: isHeader,
  readLines: runOf,
};

function isHeader(value: unknown): value is JsonObject {
  return isObject(value) && typeof value.sessionId === 'string' && typeof value.projectHash === 'string';
}

const KINDS = new Set(['user', 'gemini', 'info', 'error', 'warning']);
const isMessage = (value: unknown): boolean =>
  isObject(value) && typeof value.type === 'string' && KINDS.has(value.type) && 'content' in value;

function runOf(lines: readonly unknown[], origin: Origin): readonly RunDraft[] {
  const { about, messages: recorded } = new Recording(lines);
  const { messages, request } = sessionMessages(recorded);
  if (!messages.some(({ role }) => role === 'user' || role === 'assistant')) return [];
  const { sessionId, kind, startTime } = about;
  // Sub-agents may have the id of the session that they work for.
  const name = [textOf(sessionId), kind === 'subagent' ? textOf(startTime) : undefined].filter(Boolean).join('/');
  const { summary, directories } = about;
  return [
    present({
      key: name || origin.fileName,
      session: name || undefined,
      agent: 'gemini-cli',
      model: recorded.map(({ model }) => textOf(model)).find((model) => model !== undefined),
      startedAt: timeOf(startTime),
      request: requestOf(request),
      messages,
      outcome: present({ success: null, answer: lastWords(messages) }),
      usage: usageOf(recorded),
      reference:
        textOf(summary) || Array.isArray(directories) ? present({ summary: textOf(summary), directories }) : undefined,
    }),
  ];
}

/** What went in counts without use of tools, what came out without thoughts. */
function usageOf(recorded: readonly JsonObject[]): ImportedRun['usage'] {
  const counted = recorded.map(({ tokens }) => tokens).filter(isObject);
  const sum = (...names: readonly string[]): number =>
    counted.reduce((all, tokens) => all + names.reduce((some, name) => some + (numberOf(tokens[name]) ?? 0), 0), 0);
  return counted.length === 0
    ? undefined
    : { inputTokens: sum('input', 'tool'), outputTokens: sum('output', 'thoughts') };
}
