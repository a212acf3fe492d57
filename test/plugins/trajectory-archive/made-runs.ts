/** Runs as a reader of files would give them, made for tests. */
import { createHash } from 'node:crypto';
import type { Arrived } from '#plugins/trajectory-archive/api';
import type { ImportedRun, RunMessage } from '#plugins/trajectory-formats/api';

export const hex = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

type Said = Partial<Omit<ImportedRun, 'id' | 'counts' | 'messages'>> & { readonly messages?: readonly RunMessage[] };

export function madeRun(name: string, said: Said = {}): ImportedRun {
  const messages = said.messages ?? [
    { role: 'user', text: `please do ${name}` },
    { role: 'assistant', text: '', calls: [{ id: 'c1', tool: { name: 'look_up' }, args: { of: name } }] },
    { role: 'tool', text: 'found', answers: 'c1' },
    { role: 'assistant', text: 'done' },
  ];
  const of = (role: RunMessage['role']) => messages.filter((message) => message.role === role).length;
  const toolCalls = messages.reduce((sum, { calls = [] }) => sum + calls.length, 0);
  return {
    id: hex(JSON.stringify([name, said])),
    key: name,
    format: 'openai-messages',
    request: `please do ${name}`,
    outcome: { success: true },
    counts: {
      messages: messages.length,
      user: of('user'),
      assistant: of('assistant'),
      toolCalls,
      steps: toolCalls,
    },
    ...said,
    messages,
  };
}

export const arrived = (run: ImportedRun, file = 'runs.jsonl', bytes = JSON.stringify(run).length): Arrived => ({
  run,
  bytesHash: hex(`bytes ${run.id} ${file}`),
  place: { file, offset: 0, bytes, index: 0 },
});

/** Records of tau-bench as runs; as much of the format as statistics and sizes need. */
export function tauRun(record: TauRecord, copy = 0): ImportedRun {
  const messages = record.traj.map(({ role, content, tool_calls, tool_call_id }): RunMessage => {
    const text = (content ?? '').replace('{copy}', `${copy}`);
    return {
      role,
      text: copy > 0 && role === 'user' ? `${text} (${copy})` : text,
      ...(tool_calls && {
        calls: tool_calls.map((call) => ({
          id: call.id,
          tool: { name: call.function.name },
          args: JSON.parse(call.function.arguments) as Record<string, unknown>,
        })),
      }),
      ...(tool_call_id !== undefined && { answers: tool_call_id, error: text.startsWith('Error:') }),
    };
  });
  return {
    ...madeRun(`airline/${record.task_id}/${record.trial}/${copy}`, {
      format: 'tau-bench',
      task: `airline/${record.task_id}`,
      license: 'MIT',
      outcome: { success: record.reward === 1, score: record.reward, evidence: 'reward' },
      reference: record.info,
      messages,
    }),
    key: `airline/${record.task_id}/${record.trial}`,
  };
}

export interface TauRecord {
  readonly task_id: number;
  readonly trial: number;
  readonly reward: number;
  readonly info: Record<string, unknown>;
  readonly traj: readonly {
    readonly role: RunMessage['role'];
    readonly content: string | null;
    readonly tool_calls?: readonly {
      readonly id: string;
      readonly function: { readonly name: string; readonly arguments: string };
    }[];
    readonly tool_call_id?: string;
  }[];
}
