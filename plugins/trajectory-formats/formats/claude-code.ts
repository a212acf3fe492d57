import type { ImportedRun } from '../api.ts';
import type { Origin, RunDraft, SessionFormat } from '../format.ts';
import { conversationOf } from './claude-code/conversation.ts';
import { type Branch, branchesOf, type Entry, entriesOf } from './claude-code/entries.ts';
import { lastWords } from './reading/conversation.ts';
import { isObject, numberOf, textOf, timeOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';

/**
 * Claude Code: sessions as it keeps them (`~/.claude/projects`), and what it prints as `stream-json`. Sub-agents, which stand
 * in the same file or in one of their own, become runs of their own.
 */
export const claudeCode: SessionFormat = {
  name: 'claude-code',
  recognisesLine: (value) =>
    isObject(value) &&
    typeof value.type === 'string' &&
    KINDS.has(value.type) &&
    (textOf(value.sessionId) ?? textOf(value.session_id) ?? textOf(value.leafUuid) ?? textOf(value.messageId)) !==
      undefined,
  readLines: (lines, origin) => branchesOf(entriesOf(lines)).flatMap((branch) => runOf(branch, origin)),
};

const KINDS = new Set([
  'user',
  'assistant',
  'system',
  'summary',
  'attachment',
  'progress',
  'queue-operation',
  'file-history-snapshot',
  'last-prompt',
  'mode',
  'permission-mode',
  'custom-title',
  'ai-title',
  'agent-name',
]);

function runOf({ session, agent, entries }: Branch, origin: Origin): readonly RunDraft[] {
  const { messages, request } = conversationOf(entries);
  if (!messages.some(({ role }) => role === 'user' || role === 'assistant')) return [];
  const result = entries.findLast(({ type }) => type === 'result')?.line;
  const [first] = entries.map(({ line }) => line).filter(({ cwd }) => textOf(cwd));
  const name = [session, agent].filter((part) => part !== undefined).join('/');
  return [
    present({
      key: name || origin.fileName,
      session: name || undefined,
      agent: 'claude-code',
      model: modelOf(entries),
      startedAt: entries.map(({ line }) => timeOf(line.timestamp)).find((at) => at !== undefined),
      request: requestOf(request),
      messages,
      outcome: present({
        success: null,
        evidence: textOf(result?.subtype) && `result: ${textOf(result?.subtype)}`,
        answer: textOf(result?.result) ?? lastWords(messages),
      }),
      usage: usageOf(entries),
      reference:
        first && present({ cwd: first.cwd, git_branch: textOf(first.gitBranch), version: textOf(first.version) }),
    }),
  ];
}

const modelOf = (entries: readonly Entry[]): string | undefined =>
  entries.map(({ message }) => textOf(message.model)).find((model) => model !== undefined && model !== '<synthetic>');

/** A turn is told in several entries, each with the use of tokens so far: the last of them counts. */
function usageOf(entries: readonly Entry[]): ImportedRun['usage'] {
  const turns = new Map<string, { input: number; output: number }>();
  let usd: number | undefined;
  for (const { type, line, message, id } of entries) {
    usd =
      numberOf(line.total_cost_usd) ??
      (numberOf(line.costUSD) === undefined ? usd : (usd ?? 0) + numberOf(line.costUSD)!);
    if (type !== 'assistant' || !isObject(message.usage)) continue;
    const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = message.usage;
    const input = [input_tokens, cache_creation_input_tokens, cache_read_input_tokens].map(
      (count) => numberOf(count) ?? 0,
    );
    turns.set(textOf(message.id) ?? id, {
      input: input.reduce((sum, one) => sum + one),
      output: numberOf(output_tokens) ?? 0,
    });
  }
  if (turns.size === 0) return usd === undefined ? undefined : { usd };
  const counted = [...turns.values()];
  return present({
    inputTokens: counted.reduce((sum, { input }) => sum + input, 0),
    outputTokens: counted.reduce((sum, { output }) => sum + output, 0),
    usd,
  });
}
