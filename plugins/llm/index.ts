import { definePlugin } from '#kernel';
import { TELEMETRY } from '#plugins/telemetry/api';
import { LLM } from './api.ts';
import { llmConfig } from './config.ts';
import { ConfiguredLlm } from './configured-llm.ts';
import { noModel } from './llm-faults.ts';
import { llmMetrics } from './metrics.ts';

export default definePlugin({
  name: 'llm',
  summary:
    'Language models behind one interface, by profiles: OpenAI-compatible APIs and Anthropic; streams, tool calls, answers of a given shape, embeddings, money.',
  config: llmConfig,
  optional: { telemetry: TELEMETRY },
  provides: { llm: LLM },
  lacks: ({ model }) => (model === '' ? `${noModel}: set LLM_MODEL, and LLM_URL or LLM_API_KEY` : undefined),
  stateVersion: 1,
  create: ({ telemetry, config, log, signal }) => {
    const llm = new ConfiguredLlm(config, { log, ending: signal, metrics: telemetry && llmMetrics(telemetry) });
    return {
      llm,
      start: () => llm.start(),
      health: () => ({
        ok: llm.pricesProblem === undefined,
        detail: {
          model: llm.model() ?? 'none',
          embedding: llm.embeddingModel ?? 'none',
          ...llm.used,
          ...(llm.pricesProblem !== undefined && { prices: llm.pricesProblem }),
        },
      }),
      exportState: () => llm.ledger.state,
      importState: (state: unknown) => {
        llm.ledger.state = state;
      },
    };
  },
});
