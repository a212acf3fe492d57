import { z } from 'zod';
import { contentText } from '../reading/content.ts';
import { isObject } from '../reading/members.ts';

export const TEXT = z.unknown().default('').transform(contentText);
export const WORDS = z.string().nullish();
const NUMBER = z.number().optional().catch(undefined);

const CALL = z.object({
  id: z.string().nullish(),
  function: z.object({ name: z.string(), arguments: z.unknown() }),
});

const TURN = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: TEXT,
  thought: TEXT,
  action: z.string().nullish(),
  is_demo: z.boolean().nullish(),
  tool_calls: z.array(CALL).nullish(),
  tool_call_ids: z.array(z.string()).nullish(),
  thinking_blocks: z.unknown().optional(),
});

const STEP = z.object({
  action: z.string(),
  observation: TEXT,
  response: TEXT,
  thought: TEXT,
  /** JSON in a string in old files, an object in new ones. */
  state: z
    .unknown()
    .default(null)
    .transform((state) => (typeof state === 'string' ? state : JSON.stringify(state ?? null))),
});

const REPLAY = z.object({
  problem_statement: z
    .object({ id: WORDS.catch(undefined), text: WORDS.catch(undefined) })
    .nullish()
    .catch(undefined),
  agent: z
    .object({
      name: WORDS.catch(undefined),
      model: z
        .object({ name: z.string().optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

export const TRAJ = z
  .object({
    trajectory: z.array(STEP).default([]),
    history: z.array(TURN).default([]),
    info: z
      .object({
        exit_status: WORDS,
        submission: WORDS,
        model_stats: z
          .object({ total_cost: NUMBER, instance_cost: NUMBER, tokens_sent: NUMBER, tokens_received: NUMBER })
          .nullish(),
      })
      .default({}),
    /** An object, or JSON in a string. */
    replay_config: z.unknown().optional(),
  })
  .transform(({ replay_config, ...traj }) => ({ ...traj, replay: replayOf(replay_config) }))
  .refine(({ trajectory, history }) => trajectory.length > 0 || history.length > 0, 'no steps and no history');

export type Traj = z.output<typeof TRAJ>;
export type Turn = z.output<typeof TURN>;
export type TrajStep = z.output<typeof STEP>;

function replayOf(config: unknown): z.output<typeof REPLAY> | undefined {
  let value = config;
  try {
    if (typeof value === 'string') value = JSON.parse(value);
  } catch {
    return undefined;
  }
  return isObject(value) ? REPLAY.safeParse(value).data : undefined;
}
