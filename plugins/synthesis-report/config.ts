import { z } from 'zod';

const whole = (otherwise: number, most: number) => z.number().int().min(0).max(most).default(otherwise);

export const synthesisReportConfig = z.strictObject({
  examples: whole(5, 1_000).describe('seeds that the report shows in full'),
  rows: whole(20, 10_000).describe('rows of a table in the report; what is left out is said'),
  testShare: z.number().min(0).max(0.9).default(0.1).describe('share of the tasks in the test split of a dataset'),
  validationShare: z.number().min(0).max(0.9).default(0.1).describe('share of the tasks in its validation split'),
});
export type SynthesisReportConfig = z.output<typeof synthesisReportConfig>;
