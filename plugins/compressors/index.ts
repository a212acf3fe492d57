import { definePlugin, many } from '#kernel';
import { COMPRESSOR } from '#plugins/context/api';
import { LLM } from '#plugins/llm/api';
import { compressorsConfig } from './config.ts';
import { none } from './none.ts';
import { PruneCompressor } from './prune.ts';
import { SummarizeCompressor } from './summarize.ts';
import { truncate } from './truncate.ts';

export default definePlugin({
  name: 'compressors',
  summary: 'Strategies that shorten histories: prune, summarize, truncate, and none.',
  config: compressorsConfig,
  optional: { llm: LLM },
  provides: {
    none: many(COMPRESSOR, 'none'),
    truncate: many(COMPRESSOR, 'truncate'),
    prune: many(COMPRESSOR, 'prune'),
    summarize: many(COMPRESSOR, 'summarize'),
  },
  create: ({ llm, config, log }) => {
    const summarize = new SummarizeCompressor(llm, config.summarize, log);
    return {
      none,
      truncate,
      prune: new PruneCompressor(config.prune),
      summarize,
      health: () => ({ ok: true, detail: { summarize: summarize.lacks ?? llm?.model(config.summarize.profile) } }),
    };
  },
});
