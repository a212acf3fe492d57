import { z } from 'zod';
import type { Origin, RunDraft } from '../../format.ts';
import { isObject, listOf } from '../reading/members.ts';
import { present } from '../reading/present.ts';
import { keyOf } from '../reading/record-labels.ts';
import { verdictOf } from '../reading/record-outcome.ts';
import { requestOf } from '../reading/request.ts';
import { shaped } from '../reading/shaped.ts';
import { messagesOf } from './messages.ts';
import { TEXT, type Turn, WORDS } from './record.ts';

/**
 * Runs of SWE-agent as a table (nebius/SWE-agent-trajectories): turns that are text alone, what the harness parsed out of them
 * is left out. `target`: whether the tests passed.
 */
export function isExported(value: unknown): boolean {
  const first = isObject(value) && 'instance_id' in value ? listOf(value.trajectory).slice(0, 3) : [];
  return first.length > 0 && first.every(isEntry);
}

const isEntry = (entry: unknown): boolean =>
  isObject(entry) && ROLE.safeParse(entry.role).success && ('text' in entry || 'system_prompt' in entry);

export function readExported(value: unknown, origin: Origin): RunDraft {
  const { record, history } = shaped(EXPORTED, value);
  const messages = messagesOf({ history, trajectory: [] });
  const success = verdictOf(record.target);
  const status = record.exit_status ? `exit_status: ${record.exit_status}` : undefined;
  return present({
    key: keyOf(record, origin),
    task: record.instance_id || undefined,
    agent: 'SWE-agent',
    model: record.model_name || undefined,
    request: requestOf(messages.find(({ role }) => role === 'user')?.text ?? ''),
    messages,
    outcome: present({
      success: success ?? null,
      evidence: success === undefined ? status : 'target',
      answer: record.generated_patch?.trim() || undefined,
    }),
    counts: { messages: history.length },
    reference: record.eval_logs ? { eval_logs: record.eval_logs } : undefined,
  });
}

const ROLE = z.enum(['system', 'user', 'ai']);

const ENTRY = z
  .object({ role: ROLE, text: TEXT, system_prompt: TEXT })
  .transform(({ role, text, system_prompt }): Turn => {
    const content = text || system_prompt;
    return role === 'ai'
      ? { role: 'assistant', content, thought: '', action: commandIn(content) }
      : { role, content, thought: '' };
  });

const EXPORTED = z
  .looseObject({
    instance_id: WORDS,
    model_name: WORDS,
    exit_status: WORDS,
    generated_patch: WORDS,
    trajectory: z.array(ENTRY),
  })
  .transform(({ trajectory, ...record }) => ({ record, history: trajectory }));

const FENCE = /^```(\S*)[ \t]*(?:\r?\n|$)/gm;

/** What the harness took for the action: the last block of code that has an end, with the blocks inside of it. */
function commandIn(text: string): string {
  const open: number[] = [];
  let command = '';
  for (const { 0: fence, 1: language, index } of text.matchAll(FENCE)) {
    const start = language === '' ? open.pop() : undefined;
    if (start === undefined) open.push(index + fence.length);
    else if (open.length === 0) command = text.slice(start, index);
  }
  return command;
}
