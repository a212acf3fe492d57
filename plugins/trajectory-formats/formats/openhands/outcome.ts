import type { ImportedRun, Outcome } from '../../api.ts';
import { isObject, type JsonObject, listOf, numberOf, objectOf } from '../reading/members.ts';
import { present } from '../reading/present.ts';

/** Where benchmarks put their verdict: in the record, in a report (maybe by instance), or in the result of its test. */
export function outcomeOf(record: JsonObject, id: string | undefined): Outcome {
  const { report, test_result } = record;
  const reports = objectOf(report);
  const tested = objectOf(test_result);
  const places: readonly (readonly [string, unknown])[] = [
    ['', record],
    ['report.', reports],
    ['report.', id === undefined ? undefined : reports[id]],
    ['test_result.report.', tested.report],
    ['test_result.', tested],
    ['test_result.result.', tested.result],
  ];
  for (const [place, judged] of places) {
    if (!isObject(judged)) continue;
    for (const name of ['resolved', 'success', 'passed', 'correct', 'result', 'score']) {
      if (name === 'score' && place === '') continue;
      const verdict = judged[name];
      if (typeof verdict === 'boolean') return { success: verdict, evidence: `${place}${name}` };
      if (typeof verdict === 'number') return { success: verdict >= 1, score: verdict, evidence: `${place}${name}` };
    }
  }
  if (typeof test_result === 'boolean') return { success: test_result, evidence: 'test_result' };
  return typeof record.error === 'string' && record.error !== ''
    ? { success: null, evidence: `error: ${record.error.split('\n')[0]!.slice(0, 200)}` }
    : { success: null };
}

/** Totals of the record, else of the last event that tells them, else the sum over the model's calls. */
export function usageOf(record: JsonObject, events: readonly JsonObject[]): ImportedRun['usage'] {
  const told = events.findLast(({ llm_metrics }) => isObject(llm_metrics))?.llm_metrics;
  const metrics = objectOf(record.metrics ?? told);
  const total = objectOf(metrics.accumulated_token_usage);
  const calls = listOf(metrics.token_usages).map(objectOf);
  const sum = (name: string): number | undefined =>
    calls.length === 0 ? undefined : calls.reduce((before, call) => before + (numberOf(call[name]) ?? 0), 0);
  const usage = present({
    inputTokens: numberOf(total.prompt_tokens) ?? sum('prompt_tokens'),
    outputTokens: numberOf(total.completion_tokens) ?? sum('completion_tokens'),
    usd: numberOf(metrics.accumulated_cost),
  });
  return Object.keys(usage).length > 0 ? usage : undefined;
}
