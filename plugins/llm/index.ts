import { definePlugin } from '#kernel';
import { LLM } from './api.ts';
import { llmConfig } from './config.ts';
import { ConfiguredLlm } from './configured-llm.ts';

export default definePlugin({
  name: 'llm',
  summary:
    'Language models behind one interface: OpenAI-compatible APIs, by profiles; answers of a given shape; embeddings.',
  config: llmConfig,
  provides: { llm: LLM },
  create: ({ config, signal }) => {
    const llm = new ConfiguredLlm(config, signal);
    return {
      llm,
      health: () => ({
        ok: true,
        detail: { model: llm.model() ?? 'none', embedding: llm.embeddingModel ?? 'none', ...llm.used },
      }),
    };
  },
});
