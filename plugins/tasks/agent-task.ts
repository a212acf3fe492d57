import type { AgentResult, AgentTask, StopKind } from '#plugins/agent-runtime/api';
import type { NewTask, TaskState } from './api.ts';

export const agentTask = (id: string, { description, profile, maxSteps, maxUsd }: NewTask): AgentTask => ({
  id,
  description,
  ...(profile !== undefined && { profile }),
  ...((maxSteps !== undefined || maxUsd !== undefined) && {
    budget: { ...(maxSteps !== undefined && { steps: maxSteps }), ...(maxUsd !== undefined && { usd: maxUsd }) },
  }),
});

/** What becomes of a task whose run stopped so. */
export function endState({ stop }: AgentResult): Exclude<TaskState, 'waiting' | 'running'> {
  const { kind } = stop;
  if (kind === 'done') return 'done';
  if (kind === 'error' || kind === 'context_overflow') return 'failed';
  return kind === 'interrupted' ? 'cancelled' : 'stopped';
}

const EXIT: Readonly<Record<StopKind, number>> = {
  done: 0,
  error: 1,
  context_overflow: 1,
  budget_steps: 3,
  budget_tokens: 3,
  budget_usd: 3,
  budget_time: 3,
  budget_depth: 3,
  stuck: 4,
  needs_human: 5,
  interrupted: 130,
};
export const exitCode = ({ stop }: AgentResult): number => EXIT[stop.kind];
