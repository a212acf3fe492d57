import type { Format, Origin, RunDraft, SessionFormat } from '../format.ts';
import { readItems } from './codex/items.ts';
import { readPrinted } from './codex/printed.ts';
import { lastWords } from './reading/conversation.ts';
import { isObject, type JsonObject, listOf, numberOf, objectOf, textOf, timeOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';

/** Kinds of lines that wrap something; older rollouts have the items themselves, below a header. */
const KINDS = new Set(['session_meta', 'response_item', 'event_msg', 'turn_context', 'compacted']);

/** Codex: rollouts of its sessions, of all ages, and what `codex exec --json` prints. */
export const codex: SessionFormat = {
  name: 'codex',
  recognisesLine: (value) =>
    isObject(value) &&
    ((typeof value.type === 'string' && KINDS.has(value.type) && isObject(value.payload)) ||
      (value.type === 'thread.started' && typeof value.thread_id === 'string') ||
      isHeader(value)),
  readLines: (lines, origin) => runOf(lines.filter(isObject), origin),
};

/** Rollouts of the first versions: one object with all items. */
export const codexRollout: Format = {
  name: 'codex',
  recognises: (value) =>
    isObject(value) && isObject(value.session) && 'id' in value.session && Array.isArray(value.items),
  read: (value, origin) =>
    runOf([objectOf(objectOf(value).session), ...listOf(objectOf(value).items).filter(isObject)], origin),
};

const isHeader = (line: JsonObject): boolean =>
  typeof line.id === 'string' &&
  typeof line.timestamp === 'string' &&
  !('type' in line) &&
  ('instructions' in line || Object.keys(line).every((name) => BARE.has(name)));
const BARE = new Set(['id', 'timestamp', 'git']);

function runOf(lines: readonly JsonObject[], origin: Origin): readonly RunDraft[] {
  const payloads = (type: string): readonly JsonObject[] =>
    lines.filter((line) => line.type === type).map(({ payload }) => objectOf(payload));
  const meta = payloads('session_meta')[0] ?? lines.find((line) => !('type' in line) && 'id' in line) ?? {};
  const thread = textOf(lines.find(({ type }) => type === 'thread.started')?.thread_id);
  const { messages, request, usage } = thread === undefined ? readItems(lines, meta) : readPrinted(lines);
  if (!messages.some(({ role }) => role === 'user' || role === 'assistant')) return [];
  const id = textOf(meta.id) ?? textOf(meta.session_id) ?? thread;
  const git = objectOf(meta.git);
  return [
    present({
      key: id ?? origin.fileName,
      session: id,
      agent: 'codex',
      model: [...payloads('turn_context'), meta].map(({ model }) => textOf(model)).find((model) => model !== undefined),
      startedAt: timeOf(meta.timestamp) ?? timeOf(lines[0]?.timestamp),
      request: requestOf(request),
      messages,
      outcome: present({ success: null, answer: lastWords(messages) }),
      usage:
        usage && present({ inputTokens: numberOf(usage.input_tokens), outputTokens: numberOf(usage.output_tokens) }),
      reference: textOf(meta.cwd)
        ? present({ cwd: meta.cwd, git_branch: textOf(git.branch), version: textOf(meta.cli_version) })
        : undefined,
    }),
  ];
}
