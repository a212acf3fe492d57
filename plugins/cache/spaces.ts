import type { CacheConfig, SpaceOptions } from './config.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

const OTHER: SpaceOptions = { ttlMs: 600 * SECOND_MS, staleMs: 0, layers: ['memory', 'redis'], maxEntries: 1_000 };

/**
 * The spaces of tool discovery. What says whether something is safe, or missing, is never given after its time; what a
 * search found is better than nothing while its source is away.
 */
export const SPACES: Readonly<Record<string, SpaceOptions>> = {
  'tool_discovery:gap_analysis': { ...OTHER, ttlMs: 300 * SECOND_MS, layers: ['memory'] },
  'tool_discovery:frequent_searches': { ...OTHER, ttlMs: 600 * SECOND_MS, staleMs: HOUR_MS, layers: ['memory'] },
  'tool_discovery:github_api': {
    ttlMs: HOUR_MS,
    staleMs: DAY_MS,
    layers: ['memory', 'redis', 'persistent'],
    maxEntries: 5_000,
  },
  'tool_discovery:mcp_search': {
    ttlMs: 1_800 * SECOND_MS,
    staleMs: DAY_MS,
    layers: ['memory', 'redis', 'persistent'],
    maxEntries: 5_000,
  },
  'tool_discovery:security_check': {
    ttlMs: DAY_MS,
    staleMs: 0,
    layers: ['memory', 'redis', 'persistent'],
    maxEntries: 10_000,
  },
  'tool_discovery:known_servers': { ttlMs: 0, staleMs: 0, layers: ['memory', 'persistent'], maxEntries: 50_000 },
  'tool_discovery:security_whitelist': { ttlMs: 0, staleMs: 0, layers: ['memory', 'persistent'], maxEntries: 50_000 },
};

type Written = CacheConfig['otherSpaces'];

export function optionsOf(name: string, { spaces, otherSpaces }: CacheConfig): SpaceOptions {
  const fallback = Object.hasOwn(SPACES, name) ? SPACES[name]! : overlaid(OTHER, otherSpaces);
  return overlaid(fallback, Object.hasOwn(spaces, name) ? spaces[name]! : {});
}

/** What is not written, or written empty, changes nothing. */
const overlaid = (base: SpaceOptions, written: Written): SpaceOptions => ({
  ttlMs: written.ttlMs ?? base.ttlMs,
  staleMs: written.staleMs ?? base.staleMs,
  layers: written.layers ?? base.layers,
  maxEntries: written.maxEntries ?? base.maxEntries,
});
