import type { Telemetry } from '#plugins/telemetry/api';
import type { Usage } from './api.ts';

const KINDS = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const;
const LABELS = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
  reasoning: 'reasoning',
};

/** Counts for Prometheus. */
export function llmMetrics(telemetry: Telemetry) {
  const calls = telemetry.counter(
    'datapresso_llm_calls_total',
    'Calls of language models, by outcome: ok, or the code of the fault.',
    ['model', 'outcome'],
  );
  const tokens = telemetry.counter(
    'datapresso_llm_tokens_total',
    'Tokens of language models; input includes what came from and went to a cache, output includes reasoning.',
    ['model', 'kind'],
  );
  const usd = telemetry.counter('datapresso_llm_usd_total', 'US dollars, of models whose price is known.', ['model']);
  return {
    called: (model: string, outcome: string): void => calls.add(1, model, outcome),
    used: (model: string, usage: Usage, cost: number | undefined): void => {
      for (const kind of KINDS) if (usage[kind]) tokens.add(usage[kind], model, LABELS[kind]);
      if (cost) usd.add(cost, model);
    },
  };
}
export type LlmMetrics = ReturnType<typeof llmMetrics>;
