import { hash } from 'node:crypto';
import type { ImportedRun, RunMessage } from './api.ts';
import { canonicalText } from './canonical-text.ts';
import type { RunDraft } from './format.ts';

/**
 * Gives a draft its identity and its counts. The identity covers messages (with calls, results, reasoning), outcome and
 * `labels`; not `key`, `task`, `at`, `extra`, usage and definitions, which names, clocks and formats have a say in. So a format
 * puts whatever of the record makes it another run (the number of a trial, an id) into `labels`, which come out as
 * `reference.labels` as well: a writer that keeps them there lets the run come back as the same.
 */
export function finishRun(draft: RunDraft, format: string): ImportedRun {
  const { labels, counts, reference, ...run } = draft;
  const labelled = labels !== undefined && Object.keys(labels).length > 0;
  return {
    id: identityOf(draft),
    ...run,
    format,
    counts: { ...countsOf(run.messages), ...counts },
    ...((reference !== undefined || labelled) && { reference: { ...reference, ...(labelled && { labels }) } }),
  };
}

/** Every part has its length before it, so that no two runs read the same; key order and spaces of the source are gone. */
function identityOf({ messages, outcome, labels = {} }: RunDraft): string {
  let text = canonicalText({ ...outcome }) + canonicalText(labels);
  for (const message of messages) text += canonical(message);
  // Lone surrogates have no bytes in UTF-8 and would all look the same.
  return hash('sha256', text.isWellFormed() ? text : JSON.stringify(text), 'hex').slice(0, 32);
}

function canonical({ role, text, reasoning, calls, answers, error, demo }: RunMessage): string {
  let said = `\n${role} ${text.length}:${text}`;
  if (reasoning) said += `r${reasoning.length}:${reasoning}`;
  if (answers !== undefined) said += `a${answers.length}:${answers}`;
  if (error !== undefined) said += error ? 'e1' : 'e0';
  if (demo) said += 'd';
  for (const { id, tool, args, lookup } of calls ?? [])
    said += `c${named(id)}${named(tool.server)}${named(tool.name)}${named(tool.via)}${lookup ? 'l' : ''}${canonicalText(args)}`;
  return said;
}

const named = (name: string | undefined): string => (name === undefined ? '-' : `${name.length}:${name}`);

function countsOf(messages: readonly RunMessage[]): ImportedRun['counts'] {
  const counts = { messages: messages.length, user: 0, assistant: 0, toolCalls: 0, steps: 0 };
  for (const { role, calls, demo } of messages) {
    if (role === 'user') counts.user++;
    if (role === 'assistant') counts.assistant++;
    if (role === 'assistant' && !demo) counts.steps++;
    counts.toolCalls += calls?.length ?? 0;
  }
  return counts;
}
