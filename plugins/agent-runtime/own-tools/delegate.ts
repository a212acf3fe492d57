import { z } from 'zod';
import type { AgentResult } from '../api.ts';
import { failed, told } from '../observation.ts';
import { StopRun } from '../stop-run.ts';
import { type OwnTool, ownTool } from './own-tool.ts';

export interface Delegation {
  /** Why this task may not be given away: too deep, or it is the one that is being worked on. */
  refuse(task: string): string | undefined;
  /** The same call is the same sub-run, also after a restart. */
  run(task: string, call: string, signal: AbortSignal): Promise<AgentResult>;
}

/** Gives a part of the task to an agent with a history of its own; only its answer comes back. */
export const delegate = ({ refuse, run }: Delegation): OwnTool =>
  ownTool(
    'delegate',
    'Gives a part of the task that stands alone to another agent, which sees nothing of this conversation: say all that it needs.',
    z.object({ task: z.string().min(1).max(20_000) }),
    async ({ task }, { call, signal }) => {
      const why = refuse(task);
      if (why !== undefined) return failed(why, 'DELEGATION_REFUSED');
      const { stop, answer } = await run(task, call, signal);
      if (stop.kind === 'done') return told(answer);
      // It waits for a person, and so does whoever waits for it.
      if (stop.kind === 'needs_human') throw new StopRun('needs_human', stop.message, { ...stop }, true);
      signal.throwIfAborted();
      return failed(
        `It stopped (${stop.kind}): ${stop.message}${answer === '' ? '' : `\nWhat it had:\n${answer}`}`,
        `AGENT_${stop.kind.toUpperCase()}`,
      );
    },
  );
