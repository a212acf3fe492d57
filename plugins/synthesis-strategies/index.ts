import { definePlugin, many } from '#kernel';
import { LLM } from '#plugins/llm/api';
import { ESSENCE_STRATEGY, EVOLVE_STRATEGY, SEED_STRATEGY } from '#plugins/synthesizer/api';
import { strategiesConfig } from './config.ts';
import { DepthEvolution } from './depth.ts';
import { LlmEssence } from './llm-essence.ts';
import { LlmSeed } from './llm-seed.ts';
import { ModelNeed } from './model-need.ts';
import { none } from './none.ts';
import { PromptedModel } from './prompted-model.ts';
import { type PromptName, Prompts } from './prompts.ts';
import { StructuralEssence } from './structural.ts';
import { VariationSeed } from './variation.ts';
import { WidthEvolution } from './width.ts';

export default definePlugin({
  name: 'synthesis-strategies',
  summary: 'Strategies of task synthesis: essences and seeds with or without a model, and ways to make seeds harder.',
  config: strategiesConfig,
  optional: { llm: LLM },
  provides: {
    essenceLlm: many(ESSENCE_STRATEGY, 'llm'),
    essenceStructural: many(ESSENCE_STRATEGY, 'structural'),
    seedLlm: many(SEED_STRATEGY, 'llm'),
    seedVariation: many(SEED_STRATEGY, 'variation'),
    depth: many(EVOLVE_STRATEGY, 'depth'),
    width: many(EVOLVE_STRATEGY, 'width'),
    none: many(EVOLVE_STRATEGY, 'none'),
  },
  create: ({ llm, config }) => {
    const need = new ModelNeed(llm, config.profile);
    const prompts = new Prompts();
    const model = (prompt: PromptName): PromptedModel => new PromptedModel(need, prompts, prompt, config);
    const limits = { longest: config.seedCharacters, summary: config.essenceCharacters, steps: config.maxSteps };
    return {
      essenceLlm: new LlmEssence(model('essence'), config),
      essenceStructural: new StructuralEssence(config.essenceCharacters),
      seedLlm: new LlmSeed(model('seed'), config),
      seedVariation: new VariationSeed(limits),
      depth: new DepthEvolution(model('evolve-depth'), config),
      width: new WidthEvolution(model('evolve-width'), config),
      none,
      start: () => prompts.load(),
      health: () => ({ ok: true, detail: { llm: need.lacks('llm') ?? need.model } }),
    };
  },
});
