import { z } from 'zod';
import type { AgentEvent, AgentResult } from '#plugins/agent-runtime/api';
import type { Spending } from '#plugins/llm/api';
import type { NewTask, TaskEvent, TaskRecord, TaskWait } from './api.ts';

/** A task from outside: REST, and lines of a file. What its values must be is checked where it is taken. */
export const newTask = z.strictObject({
  description: z.string().describe('what is to be done'),
  id: z.string().optional().describe('the same id again is the same task; made up where it is absent'),
  profile: z.string().min(1).max(200).optional().describe('profile of llm'),
  max_steps: z.number().int().min(1).optional().describe('tightens the configured budget'),
  max_usd: z.number().positive().optional().describe('tightens the configured budget, in US dollars'),
});
/** A line of `seed_tasks.jsonl`: what the synthesizer makes, an agent can work. Its other members are for people and programs. */
export const seedLine = z.looseObject({
  task_id: z.string(),
  description: z.string(),
  expected_tools: z.array(z.string()),
  max_steps: z.number().int().min(1),
});
export const seedTaskOf = (seed: z.output<typeof seedLine>): NewTask => ({
  id: seed.task_id,
  description: seed.description,
  maxSteps: seed.max_steps,
});

export const newTaskOf = (sent: z.output<typeof newTask>): NewTask => ({
  description: sent.description,
  ...(sent.id !== undefined && { id: sent.id }),
  ...(sent.profile !== undefined && { profile: sent.profile }),
  ...(sent.max_steps !== undefined && { maxSteps: sent.max_steps }),
  ...(sent.max_usd !== undefined && { maxUsd: sent.max_usd }),
});

const time = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();

export const spentWire = ({ input, output, cacheRead, cacheWrite, reasoning, calls, usd, unpriced }: Spending) => ({
  input,
  output,
  cache_read: cacheRead,
  cache_write: cacheWrite,
  reasoning,
  calls,
  usd,
  unpriced,
});

export const resultWire = ({ run, stop, answer, steps, spent, elapsedMs }: AgentResult) => ({
  run,
  stop,
  answer,
  steps,
  spent: spentWire(spent),
  elapsed_ms: elapsedMs,
});

/** As the runtime has it, names in snake_case; arguments of tools stay as they are. */
export function agentEventWire(event: AgentEvent): object {
  switch (event.type) {
    case 'step': {
      const { spent, contextTokens, ...rest } = event;
      return { ...rest, spent: spentWire(spent), context_tokens: contextTokens };
    }
    case 'result': {
      const { durationMs, ...rest } = event;
      return { ...rest, duration_ms: durationMs };
    }
    case 'done':
      return { ...event, result: resultWire(event.result) };
    default:
      return event;
  }
}

const waitWire = ({ for: on, what, question, choices, id }: TaskWait) => ({ for: on, what, question, choices, id });

export const taskWire = (task: TaskRecord) => ({
  task_id: task.id,
  description: task.description,
  state: task.state,
  step: task.step,
  waiting: task.waiting && waitWire(task.waiting),
  result: task.result && resultWire(task.result),
  error: task.error,
  created_at: time(task.createdAt),
  started_at: time(task.startedAt),
  ended_at: time(task.endedAt),
});

/** In lists: `answer` is where the task itself is asked for. */
export function listedWire(task: TaskRecord) {
  const { answer: _, ...result } = task.result === undefined ? {} : resultWire(task.result);
  return { ...taskWire(task), result: task.result && result };
}

export function taskEventWire(event: TaskEvent): object {
  const head = { type: event.type, task_id: event.task, seq: event.seq, timestamp: time(event.at) };
  switch (event.type) {
    case 'task_step':
      return { ...head, step: event.step, spent: spentWire(event.spent), context_tokens: event.contextTokens };
    case 'task_waiting':
      return { ...head, ...waitWire(event) };
    case 'task_done':
      return { ...head, state: event.state, result: event.result && resultWire(event.result), error: event.error };
  }
}
