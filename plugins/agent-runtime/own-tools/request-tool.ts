import { z } from 'zod';
import type { ToolPlane } from '#plugins/tool-client/api';
import { awaitCapability } from '../capability-wait.ts';
import type { AgentRuntimeConfig } from '../config.ts';
import type { Emit } from '../emit.ts';
import type { Journal } from '../journal.ts';
import { failed, told } from '../observation.ts';
import { StopRun } from '../stop-run.ts';
import { type OwnTool, ownTool } from './own-tool.ts';

export interface RequestToolParts {
  readonly plane: ToolPlane;
  readonly config: AgentRuntimeConfig;
  readonly journal: Journal;
  /** Ends of waits that began before a restart, by call. */
  readonly waits: ReadonlyMap<string, number>;
  /** They stay on offer. */
  readonly offer: (tool: string) => void;
  readonly emit: Emit;
}

/** What the seeds call need_new_tool: the server finds, judges and installs; the run waits, and no model is asked meanwhile. */
export const requestTool = (parts: RequestToolParts): OwnTool =>
  ownTool(
    'request_tool',
    'Asks for a tool that is missing. It is searched for and installed where the rules allow it; you go on when it is there.',
    z.object({
      need: z.string().min(1).max(2_000).describe('what is to be done with it, in one or two sentences'),
      capabilities: z
        .array(z.string().max(100))
        .max(10)
        .default([])
        .describe('what it must be able to do, e.g. image_generation'),
    }),
    async ({ need, capabilities }, { call, signal }) => {
      const { plane, config, journal } = parts;
      const began = Date.now();
      const ends = parts.waits.get(call) ?? began + config.waitMs;
      const outcome = await awaitCapability(
        plane,
        { task: need, capabilities },
        {
          signal,
          until: (job) => (job?.state === 'waiting_approval' ? ends - config.waitMs + config.approvalWaitMs : ends),
          onWait: (job) => {
            const id = job?.approval ?? job?.id;
            journal.state('wait', { call, for: 'tool', until: ends, ...(id !== undefined && { id }) });
            const what =
              job?.state === 'waiting_approval' ? `the approval ${job.approval} of a tool for: ${need}` : need;
            parts.emit({ type: 'waiting', for: job?.state === 'waiting_approval' ? 'permission' : 'tool', what });
          },
        },
      );
      journal.state('woken', { call, by: outcome.kind });
      if (outcome.kind === 'there') {
        const names = outcome.tools.map(({ name }) => name);
        for (const name of names) parts.offer(name);
        parts.emit({ type: 'resumed', what: names.join(', ') || need });
        if (names.length === 0) return told('It is said to be there already: look through your tools once more.');
        const lines = outcome.tools.map(({ name, description }) => `- ${name}: ${description.slice(0, 300)}`);
        return told(`These tools can be called now:\n${lines.join('\n')}`);
      }
      if (outcome.kind === 'failed') {
        const hint = outcome.hint === undefined ? '' : ` ${outcome.hint}`;
        return failed(
          `No such tool can be had: ${outcome.message}.${hint} Do without it, or say that it is missing.`,
          outcome.code,
        );
      }
      if (outcome.approval !== undefined)
        throw new StopRun(
          'needs_human',
          `a person has to approve a tool for: ${need}`,
          { code: outcome.approval },
          true,
        );
      const waited = Math.round((Date.now() - began) / 1_000);
      return failed(`It did not come within ${waited} s. Do without it, or say that it is missing.`, 'CAPABILITY_LATE');
    },
  );
