import type { ImportedRun } from '../api.ts';
import type { Origin, RunDraft, SessionFormat } from '../format.ts';
import { type Branch, branchesOf, type Entry, entriesOf } from './claude-code/entries.ts';
import { entryMessages } from './qwen-code/entry-messages.ts';
import { lastWords } from './reading/conversation.ts';
import { isObject, numberOf, textOf, timeOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';

/** Qwen Code's sessions: entries like Claude Code's, with messages of Gemini's API in them. */
export const qwenCode: SessionFormat = {
  name: 'qwen-code',
  recognisesLine: (value) =>
    isObject(value) &&
    typeof value.sessionId === 'string' &&
    typeof value.type === 'string' &&
    (isObject(value.systemPayload) || (isObject(value.message) && Array.isArray(value.message.parts))),
  readLines: (lines, origin) => branchesOf(entriesOf(lines)).flatMap((branch) => runOf(branch, origin)),
};

function runOf({ session, agent, entries }: Branch, origin: Origin): readonly RunDraft[] {
  const { messages, request } = entryMessages(entries);
  if (!messages.some(({ role }) => role === 'user' || role === 'assistant')) return [];
  const lines = entries.map(({ line }) => line);
  const first = lines.find(({ cwd }) => textOf(cwd));
  const name = [session, agent].filter((part) => part !== undefined).join('/');
  return [
    present({
      key: name || origin.fileName,
      session: name || undefined,
      agent: 'qwen-code',
      model: lines.map(({ model }) => textOf(model)).find((model) => model !== undefined),
      startedAt: lines.map(({ timestamp }) => timeOf(timestamp)).find((at) => at !== undefined),
      request: requestOf(request),
      messages,
      outcome: present({ success: null, answer: lastWords(messages) }),
      usage: usageOf(entries),
      reference:
        first && present({ cwd: first.cwd, git_branch: textOf(first.gitBranch), version: textOf(first.version) }),
    }),
  ];
}

/** Whether thoughts are among the candidates' tokens depends on who served the model: the total tells. */
function usageOf(entries: readonly Entry[]): ImportedRun['usage'] {
  const counted = entries.map(({ line }) => line.usageMetadata).filter(isObject);
  if (counted.length === 0) return undefined;
  const usage = { inputTokens: 0, outputTokens: 0 };
  for (const { promptTokenCount, candidatesTokenCount, totalTokenCount } of counted) {
    const [input, total] = [numberOf(promptTokenCount) ?? 0, numberOf(totalTokenCount) ?? 0];
    usage.inputTokens += input;
    usage.outputTokens += Math.max(total - input, numberOf(candidatesTokenCount) ?? 0);
  }
  return usage;
}
