import type { Usage } from '../api.ts';
import { usageOf } from '../usage.ts';

/** Members of OpenAI, and what others have in their place. */
export interface ReportedUsage {
  readonly prompt_tokens?: number | null;
  readonly completion_tokens?: number | null;
  readonly total_tokens?: number | null;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number; readonly cache_write_tokens?: number } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
  /** DeepSeek. */
  readonly prompt_cache_hit_tokens?: number;
  /** Moonshot. */
  readonly cached_tokens?: number;
}

/** undefined where nothing was counted: servers that do not count say 0. */
export function usageFrom(reported: ReportedUsage): Usage | undefined {
  const input = reported.prompt_tokens ?? 0;
  const said = reported.completion_tokens ?? 0;
  if (input === 0 && said === 0) return undefined;
  const reasoning = reported.completion_tokens_details?.reasoning_tokens;
  // xAI does not count thoughts as completion, but in the total.
  const isApart = reasoning !== undefined && reasoning > 0 && reported.total_tokens === input + said + reasoning;
  return usageOf({
    input,
    output: isApart ? said + reasoning : said,
    cacheRead:
      reported.prompt_tokens_details?.cached_tokens ?? reported.prompt_cache_hit_tokens ?? reported.cached_tokens,
    cacheWrite: reported.prompt_tokens_details?.cache_write_tokens,
    reasoning,
    estimated: undefined,
  });
}
