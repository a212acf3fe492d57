import { definePlugin } from '#kernel';
import { CACHE } from '#plugins/cache/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { LLM } from '#plugins/llm/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TOOL_MATCHER, TOOL_SEARCH } from '#plugins/tool-search/api';
import { GAP_DETECTOR } from './api.ts';
import { gapDetectorConfig } from './config.ts';
import { CachedDetector } from './detector.ts';
import { addRoute } from './routes.ts';

export default definePlugin({
  name: 'gap-detector',
  summary: 'Decides whether a task needs a tool that is not there, and says which.',
  config: gapDetectorConfig,
  requires: { registry: TOOL_REGISTRY },
  optional: { llm: LLM, cache: CACHE, http: HTTP_SERVER, search: TOOL_SEARCH, matcher: TOOL_MATCHER },
  needs: ({ strategy }) => (strategy === 'llm' ? ['llm'] : []),
  provides: { detector: GAP_DETECTOR },
  create: ({ registry, llm, cache, http, search, matcher, config, log, defer, id, generation }) => {
    const detector = new CachedDetector({
      registry,
      config,
      llm,
      log,
      elsewhere: search && matcher && { search, matcher },
      space: cache?.space('tool_discovery:gap_analysis'),
    });
    return {
      detector,
      start: () => {
        if (config.strategy === 'llm' && llm?.model(config.llm.profile) === undefined)
          log.warn('No model is configured (llm.model): words judge what is missing.');
        if (http !== undefined) defer(addRoute(http, { id, generation }, detector));
      },
    };
  },
});
