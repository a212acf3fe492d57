import { z } from 'zod';
import type { ExecutionContext } from '../execution-context.ts';
import type { Journal } from '../journal.ts';
import { told } from '../observation.ts';
import { type OwnTool, ownTool } from './own-tool.ts';

const STEPS = 50;
const GOAL = 500;

/** The work plan, and facts that outlast every compression. */
export const planTools = (context: ExecutionContext, journal: Journal): readonly OwnTool[] => [
  ownTool(
    'update_plan',
    'Writes the plan of this task: all its steps, with how far each is. Call it when a plan helps, and when it changes.',
    z.object({
      steps: z
        .array(
          z.object({
            goal: z.string().min(1).max(GOAL),
            status: z.enum(['open', 'doing', 'done', 'dropped']).default('open'),
          }),
        )
        .min(1)
        .max(STEPS),
      scenario: z
        .string()
        .max(80)
        .optional()
        .describe('what kind of task this is, e.g. data_analysis; with the first plan'),
    }),
    ({ steps, scenario }) => {
      context.plan = steps;
      journal.planned(steps, scenario?.trim().toLowerCase().replace(/\s+/g, '_') || undefined);
      const left = steps.filter(({ status }) => status === 'open' || status === 'doing').length;
      return told(
        left === 0
          ? 'The plan is kept; no step is open.'
          : `The plan is kept; ${left} of ${steps.length} steps are open.`,
      );
    },
  ),
  ownTool(
    'remember',
    'Keeps one fact word for word for the whole task, whatever is shortened: an id, a path, a decision, a constraint.',
    z.object({ fact: z.string().min(1).max(2_000) }),
    ({ fact }) => {
      journal.state('fact', { fact: context.remember(fact) });
      return told('Remembered.');
    },
  ),
];
