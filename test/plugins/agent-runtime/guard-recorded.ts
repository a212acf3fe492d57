import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { call, failing, type GuardEvent, says, user } from './guard-events.ts';

/** A run that somebody recorded, as its guard would have been told of it. */
export interface RecordedRun {
  readonly id: string;
  readonly succeeded: boolean;
  readonly events: readonly GuardEvent[];
  readonly calls: number;
}

const message = z.object({
  role: z.string(),
  content: z.string().nullish(),
  tool_calls: z
    .array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
    .nullish(),
  tool_call_id: z.string().nullish(),
});
type ChatMessage = z.output<typeof message>;

/** tau-bench: one run a line; the tools' errors are texts. */
export const tauBench = (folder: string): readonly RecordedRun[] =>
  readFileSync(path.join(folder, 'trajectories.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const run = z
        .object({ task_id: z.number(), trial: z.number(), reward: z.number(), traj: z.array(message) })
        .parse(JSON.parse(line));
      return { id: `airline/${run.task_id}/${run.trial}`, succeeded: run.reward === 1, ...chat(run.traj, plainCall) };
    });

/** LiveMCPBench: the tool that was called is an argument of the one that is named. */
export const liveMcpBench = (folder: string): readonly RecordedRun[] =>
  z
    .array(z.object({ task_id: z.string(), task_success: z.string(), messages: z.array(message) }))
    .parse(JSON.parse(readFileSync(path.join(folder, 'trajectories.json'), 'utf8')))
    .map((run) => ({ id: run.task_id, succeeded: run.task_success === 'success', ...chat(run.messages, routedCall) }));

/** SWE-agent: one run a file, an action and what was observed a step. They were handed in; nobody says that they were right. */
export const sweAgent = (folder: string): readonly RecordedRun[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.traj'))
    .map((name) => {
      const steps = z
        .object({
          trajectory: z.array(z.object({ action: z.string(), observation: z.string().nullish() })).default([]),
        })
        .parse(JSON.parse(readFileSync(path.join(folder, name), 'utf8'))).trajectory;
      const events = steps.map(({ action, observation }) => call('shell', { command: action }, observation ?? ''));
      return { id: name, succeeded: true, events, calls: events.length };
    });

export const recordedIn = (folder: string): boolean => existsSync(folder);

type AsCall = (name: string, args: unknown, result: string) => GuardEvent;
const plainCall: AsCall = (name, args, result) =>
  result.startsWith('Error') ? failing(name, args, result) : call(name, args, result);
const routedCall: AsCall = (name, args, result) => {
  const routed = z.object({ server_name: z.string(), tool_name: z.string(), params: z.unknown() }).safeParse(args).data;
  const [tool, given] = routed ? [`${routed.server_name}/${routed.tool_name}`, routed.params] : [name, args];
  return result.includes('isError=True') ? failing(tool, given, result) : call(tool, given, result);
};

function chat(
  messages: readonly ChatMessage[],
  asCall: AsCall,
): { readonly events: readonly GuardEvent[]; readonly calls: number } {
  const results = new Map(messages.map((each) => [each.tool_call_id, each.content ?? '']));
  const events: GuardEvent[] = [];
  let calls = 0;
  for (const { role, content, tool_calls: made } of messages) {
    if (role === 'user') events.push(user);
    if (role !== 'assistant') continue;
    if (!made?.length) events.push(says(content ?? ''));
    for (const { id, function: asked } of made ?? []) {
      calls++;
      events.push(asCall(asked.name, JSON.parse(asked.arguments), results.get(id) ?? ''));
    }
  }
  return { events, calls };
}
