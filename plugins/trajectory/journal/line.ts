import { z } from 'zod';
import { type RunEnd, type RunStart, STEP_KINDS, type Step } from '../api.ts';

/**
 * A line of a segment, one JSON object each, beginning with the run. `hold` counts who wrote the run: 1 for who opened it,
 * one more with each resume. Texts may be references (see `text-reference.ts`).
 */
export type Line =
  | { readonly run: string; readonly t: 'start'; readonly hold: number; readonly start: Omit<RunStart, 'id'> }
  | { readonly run: string; readonly t: 'resume'; readonly hold: number }
  | { readonly run: string; readonly t: 'step'; readonly i: number; readonly scenario?: string; readonly step: Step }
  | { readonly run: string; readonly t: 'suspend'; readonly hold: number }
  | { readonly run: string; readonly t: 'end'; readonly hold: number; readonly end: RunEnd };

const run = z.string();
const hold = z.number().int().min(1);
const start = z.looseObject({
  task: z.string(),
  agent: z.string(),
  model: z.string(),
  startedAt: z.number(),
  parent: z.string().optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});
const step = z.looseObject({ kind: z.enum(STEP_KINDS), turn: z.number(), at: z.number() });
const end = z.looseObject({ reason: z.string(), at: z.number() });
const LINE = z.discriminatedUnion('t', [
  z.object({ run, t: z.literal('start'), hold, start }),
  z.object({ run, t: z.literal('resume'), hold }),
  z.object({ run, t: z.literal('step'), i: z.number().int().min(1), scenario: z.string().optional(), step }),
  z.object({ run, t: z.literal('suspend'), hold }),
  z.object({ run, t: z.literal('end'), hold, end }),
]);

/** undefined: the line is damaged. */
export function parseLine(text: string): Line | undefined {
  try {
    const parsed = LINE.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as unknown as Line) : undefined;
  } catch {
    return undefined;
  }
}

/** How every line of a run begins: other runs are told apart without parsing. */
export const lineStart = (id: string): string => `{"run":${JSON.stringify(id)},`;
