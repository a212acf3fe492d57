import type { Outcome } from '../../api.ts';
import { isObject, type JsonObject, numberOf } from './members.ts';
import { present } from './present.ts';

const VERDICTS = [
  'success',
  'task_success',
  'is_success',
  'final_success',
  'resolved',
  'is_correct',
  'correct',
  'passed',
];
const SCORES = ['reward', 'final_reward', 'score'];

/** What a record of no fixed form says of how it ended, itself or in its `metadata`. */
export function outcomeOf(record: JsonObject): Outcome {
  const places = isObject(record.metadata) ? [record, record.metadata] : [record];
  for (const place of places) {
    const score = SCORES.map((name) => [name, numberOf(place[name])] as const).find(([, value]) => value !== undefined);
    const verdict = VERDICTS.map((name) => [name, verdictOf(place[name])] as const).find(
      ([, said]) => said !== undefined,
    );
    if (score === undefined && verdict === undefined) continue;
    const evidence = verdict?.[0] ?? score?.[0];
    // Between none and all of the points nobody has said what counts as success.
    const reached = score?.[1] === 1 ? true : score?.[1] === 0 ? false : null;
    return present({ success: verdict?.[1] ?? reached, score: score?.[1], evidence });
  }
  return { success: null };
}

const YES = new Set(['success', 'succeeded', 'successful', 'true', 'pass', 'passed', 'yes', 'correct', 'resolved']);
const NO = new Set(['failure', 'failed', 'fail', 'false', 'no', 'incorrect', 'wrong', 'unresolved']);

/** A verdict in one word, as yes, no, or neither. */
export function verdictOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 0 || value === 1) return value === 1;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return YES.has(word) ? true : NO.has(word) ? false : undefined;
}
