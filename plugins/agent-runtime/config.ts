import { z } from 'zod';

const count = (fallback: number, most: number) => z.number().int().min(1).max(most).default(fallback);
const ms = (fallback: number, most = 86_400_000) => z.number().int().min(0).max(most).default(fallback);

export const agentRuntimeConfig = z.strictObject({
  profile: z.string().max(40).default('default').describe('profile of llm that thinks, where a task names none'),
  protocol: z
    .enum(['auto', 'native', 'text'])
    .default('auto')
    .describe(
      'how calls are asked for: native tool calling, or text (ACTION_TYPE ...); auto: text where the model refuses tools',
    ),
  instructions: z.string().max(100_000).default('').describe('what every run is told besides its task'),
  temperature: z.number().min(0).max(2).default(0).describe('of the model'),
  budget: z
    .strictObject({
      steps: count(50, 1_000_000).describe('model calls of a run'),
      tokens: count(5_000_000, 10_000_000_000).describe('input and output tokens of all its model calls'),
      usd: z.number().min(0).max(1_000_000).default(5).describe('US dollars, where the price of the model is known'),
      wallMs: ms(3_600_000, 2_592_000_000).describe('time from start to end, waits included'),
      depth: z.number().int().min(0).max(20).default(3).describe('how deep agents may give tasks to agents'),
    })
    .prefault({})
    .describe('limits of a run; a task may tighten them'),
  maxRuns: count(64, 10_000).describe('runs at once in this process'),
  maxParallelCalls: count(8, 256).describe('calls of one answer at once; others wait'),
  maxCallsPerStep: count(32, 1_024).describe('calls of one answer; further ones are answered with an error'),
  callTimeoutMs: ms(120_000).describe('longest a tool call may take, where no limit of its own is set'),
  tools: z
    .record(
      z.string().max(200),
      z.strictObject({
        timeoutMs: ms(120_000).optional().describe('longest a call may take'),
        concurrency: count(8, 256).optional().describe('calls at once over all runs'),
        maxCalls: count(1_000, 1_000_000).optional().describe('calls of one run'),
        poll: z.boolean().default(false).describe('looks at what changes by itself: the same call again is no loop'),
      }),
    )
    .default({})
    .describe('limits by tool id, with * for any text; the first that matches counts'),
  maxTools: count(128, 4_096).describe('tools in one request; of more, those that fit the task best'),
  maxOutputCharacters: count(60_000, 50_000_000).describe(
    'of a tool output that the model sees; the rest is kept and can be read by id',
  ),
  maxTaskBytes: count(1_048_576, 67_108_864).describe('longest task'),
  artifactDir: z.string().default('data/artifacts').describe('where images, sounds and files of tools are put'),
  maxArtifactBytes: count(33_554_432, 1_073_741_824).describe('largest of them'),
  waitMs: ms(180_000).describe('how long a run waits for a tool that was asked for'),
  approvalWaitMs: ms(600_000).describe('how long it waits where a person must approve that tool'),
  finishCheck: z.boolean().default(true).describe('an answer that leaves steps of the plan open is asked about once'),
  guard: z
    .strictObject({
      off: z
        .array(
          z.enum([
            'same_call',
            'same_error',
            'cycle',
            'monologue',
            'chanting',
            'no_progress',
            'compaction_loop',
            'delegation_loop',
            'infra_outage',
          ]),
        )
        .default([])
        .describe('detectors of loops that are off'),
    })
    .prefault({})
    .describe('what watches for loops'),
});
export type AgentRuntimeConfig = z.output<typeof agentRuntimeConfig>;
