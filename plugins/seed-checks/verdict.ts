import type { CheckVerdict } from '#plugins/synthesizer/api';

export type Verdict = Omit<CheckVerdict, 'check'>;

export const passed: Verdict = { verdict: 'passed' };
export const failed = (why: string): Verdict => ({ verdict: 'failed', why });
/** It could not be told; it refuses nothing. */
export const unverified = (why: string): Verdict => ({ verdict: 'unverified', why });
