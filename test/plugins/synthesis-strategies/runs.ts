import fs from 'node:fs';
import path from 'node:path';
import type { EvidenceStep, RunEvidence } from '#plugins/synthesizer/api';
import type { ImportedRun, RunCall, RunMessage } from '#plugins/trajectory-formats/api';

/** Real records as evidence, in the shape that the readers of trajectories give: only what the strategies look at. */
const DATA = '/work/shared/data/trajectories';
export const HAS_DATA = fs.existsSync(DATA);

type Raw = Record<string, unknown>;
interface ChatMessage {
  role: RunMessage['role'];
  content?: string | { text?: string }[] | null;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
  is_demo?: boolean;
}

const textOf = ({ content }: ChatMessage): string =>
  typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('');

export function evidence(run: Partial<ImportedRun> & Pick<ImportedRun, 'messages'>): RunEvidence {
  const request = run.request ?? run.messages.find(({ role, demo }) => role === 'user' && !demo)?.text ?? '';
  const steps: EvidenceStep[] = [];
  // Ids may come again later in a run: the answer is the next one.
  const answerOf = (id: string, from: number) =>
    run.messages.find((message, at) => at > from && message.answers === id);
  for (const [at, { calls, demo }] of run.messages.entries())
    for (const { id, tool, args, lookup } of demo ? [] : (calls ?? [])) {
      if (lookup) continue;
      const answer = answerOf(id, at);
      steps.push({
        step: steps.length + 1,
        tool: tool.server === undefined ? tool.name : `${tool.server}/${tool.name}`,
        args,
        ...(answer !== undefined && { result: answer.text }),
        error: answer?.error ?? false,
      });
    }
  const counts = { messages: run.messages.length, user: 0, assistant: 0, toolCalls: steps.length, steps: steps.length };
  return {
    run: {
      id: '0123456789abcdef0123456789abcdef',
      key: 'run',
      format: 'test',
      outcome: { success: null },
      counts,
      ...run,
      request,
    },
    steps,
  };
}

function chat(messages: readonly ChatMessage[], call: (name: string, args: Raw) => Omit<RunCall, 'id'>): RunMessage[] {
  return messages.map((message) => ({
    role: message.role,
    text: textOf(message),
    ...(message.is_demo && { demo: true }),
    ...(message.tool_call_id !== undefined && {
      answers: message.tool_call_id,
      error: /isError=True/.test(textOf(message)),
    }),
    ...(message.tool_calls && {
      calls: message.tool_calls.map(({ id, function: { name, arguments: args } }) => ({
        id,
        ...call(name, parsed(args)),
      })),
    }),
  }));
}
const parsed = (text: string): Raw => {
  try {
    return JSON.parse(text) as Raw;
  } catch {
    return { input: text };
  }
};

function tau(): RunEvidence[] {
  const file = path.join(DATA, 'tau-bench-airline/trajectories.jsonl');
  return fs
    .readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const record = JSON.parse(line) as { task_id: number; trial: number; reward: number; traj: ChatMessage[] };
      return evidence({
        id: `${String(record.task_id).padStart(4, '0')}${String(record.trial).padStart(4, '0')}`.padEnd(32, 'a'),
        key: `airline/${record.task_id}/${record.trial}`,
        outcome: { success: record.reward === 1 },
        messages: chat(record.traj, (name, args) => ({ tool: { name }, args })),
      });
    });
}

function liveMcp(): RunEvidence[] {
  const records = JSON.parse(fs.readFileSync(path.join(DATA, 'livemcpbench/trajectories.json'), 'utf8')) as Raw[];
  return records.map((record) =>
    evidence({
      id: String(record.task_id).replaceAll('-', ''),
      key: `livemcp/${String(record.task_id).slice(0, 8)}`,
      request: String(record.Question),
      outcome: { success: record.task_success === 'success', answer: String(record.response) },
      messages: chat(record.messages as ChatMessage[], (name, args) => {
        if (name === 'route') return { tool: { name }, args, lookup: true };
        const { server_name, tool_name, params } = args as { server_name: string; tool_name: string; params: Raw };
        return { tool: { server: server_name, name: tool_name, via: name }, args: params ?? {} };
      }),
    }),
  );
}

function sweAgent(): RunEvidence[] {
  const folder = path.join(DATA, 'swe-agent');
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.traj'))
    .map((name) => {
      const record = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')) as {
        history: ChatMessage[];
        trajectory?: Raw[];
      };
      const head = record.history.filter(({ role, is_demo }) => role === 'system' || is_demo);
      const request = record.history.find(({ role, is_demo }) => role === 'user' && !is_demo)!;
      const steps: RunMessage[] = (record.trajectory ?? []).flatMap((step, index) => {
        const [command = '', rest = ''] = String(step.action)
          .trim()
          .split(/\s([\s\S]*)/);
        return [
          {
            role: 'assistant',
            text: String(step.thought),
            calls: [
              { id: String(index), tool: { name: command, via: 'shell' }, args: { command: `${command} ${rest}` } },
            ],
          },
          { role: 'tool', text: String(step.observation), answers: String(index) },
        ] satisfies RunMessage[];
      });
      const rest =
        steps.length > 0
          ? steps
          : chat(record.history.slice(record.history.indexOf(request) + 1), (tool, args) => ({
              tool: { name: tool },
              args,
            }));
      return evidence({
        id: name.padEnd(32, '0').slice(0, 32),
        key: name,
        messages: [...chat([...head, request], (tool, args) => ({ tool: { name: tool }, args })), ...rest],
      });
    });
}

export const loadRuns = (): RunEvidence[] => [...tau(), ...liveMcp(), ...sweAgent()];
