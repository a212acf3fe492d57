import { expect, test, vi } from 'vitest';
import { type Config, onBothDatabases, redisFound, until, withRedis } from './open-cache.ts';

/**
 * The seeds name the spaces, their times and a goal (hit ratio above 80 %), and no mix. This one follows their flow, in
 * which a task is analysed, what is missing is searched, found servers are looked up and checked: each step has fewer
 * requests than the one before, and what is asked for is distributed after Zipf (exponent 1). 1,000 requests come in
 * ten minutes, so that gap analyses (300 s) run out twice, and four installations void what they answer.
 */
const MIX = [
  { space: 'tool_discovery:gap_analysis', share: 0.3, keys: 30 },
  { space: 'tool_discovery:frequent_searches', share: 0.25, keys: 30 },
  { space: 'tool_discovery:mcp_search', share: 0.2, keys: 25 },
  { space: 'tool_discovery:github_api', share: 0.15, keys: 20 },
  { space: 'tool_discovery:security_check', share: 0.1, keys: 20 },
];
const REQUESTS = 1_000;
const LASTING_MS = 600_000;
const INSTALLED_AT = new Set([200, 450, 550, 800]);

/** The same numbers every time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = <T>(at: number, choices: readonly (readonly [T, number])[]): T => {
  let rest = at * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [choice, weight] of choices) {
    rest -= weight;
    if (rest <= 0) return choice;
  }
  return choices.at(-1)![0];
};

function requests(seed: number) {
  const next = numbers(seed);
  return Array.from({ length: REQUESTS }, (_, n) => {
    const { space, keys } = pick(
      next(),
      MIX.map((each) => [each, each.share]),
    );
    const rank = pick(
      next(),
      Array.from({ length: keys }, (_, k) => [k, 1 / (k + 1)]),
    );
    return { n, space, key: `key-${rank}`, capability: `capability:${rank % 10}` };
  });
}

type Opened = Awaited<ReturnType<Parameters<Parameters<typeof onBothDatabases>[1]>[0]['open']>>;

/** What each answer should be is known here; an installation changes it for one capability. */
async function replay(servers: readonly Opened[], happens: (n: number) => Promise<void> = async () => {}) {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const installed = new Map<string, number>();
  const wrong: unknown[] = [];
  for (const { n, space, key, capability } of requests(7)) {
    await happens(n);
    if (INSTALLED_AT.has(n)) {
      installed.set(capability, n);
      await servers[(n / 50) % servers.length]!.cache.invalidate(capability);
    }
    const right = `${space} ${key} ${installed.get(capability) ?? 0}`;
    const { cache } = servers[n % servers.length]!;
    const { value } = await cache.space<string>(space).through(key, async () => ({ value: right, tags: [capability] }));
    if (value !== right) wrong.push({ n, value, right });
    vi.setSystemTime(Date.now() + LASTING_MS / REQUESTS);
  }
  vi.useRealTimers();
  const all = servers.flatMap(({ cache }) => Object.values(cache.statistics()));
  const sum = (what: 'hits' | 'misses' | 'failures') => all.reduce((total, counts) => total + counts[what], 0);
  expect(wrong).toEqual([]);
  expect(sum('failures')).toBe(0);
  expect(sum('hits') + sum('misses')).toBe(REQUESTS);
  return sum('hits') / REQUESTS;
}

onBothDatabases('a replay of 1,000 requests', ({ open, on }) => {
  const { redis } = withRedis();
  const withAll = (): Config => ({ redis: { url: redis().url, timeoutMs: 2_000, retryMs: 20 } });

  on(
    'has a hit ratio above 80 %',
    async () => {
      const ratio = await replay([await open()]);
      console.info(`hit ratio ${(100 * ratio).toFixed(1)} %`);
      expect(ratio).toBeGreaterThan(0.8);
    },
    60_000,
  );

  for (const count of [1, 2])
    (redisFound ? on : test.skip)(
      `stays right and without errors while Redis is killed and comes back, servers: ${count}`,
      async () => {
        const servers: Opened[] = [];
        for (let n = 0; n < count; n += 1) servers.push(await open(withAll()));
        const ratio = await replay(servers, async (n) => {
          if (n === 400) await redis().kill();
          if (n !== 600) return;
          await redis().start();
          await until(() => {
            for (const { told } of servers) expect(told()).toHaveLength(2);
          });
        });
        console.info(`hit ratio with Redis killed in the middle, servers: ${count}, ${(100 * ratio).toFixed(1)} %`);
        // Two have two memories to fill.
        expect(ratio).toBeGreaterThan(count === 1 ? 0.8 : 0.7);
        for (const { told } of servers)
          expect(told()).toEqual(['Redis does not answer: the cache goes on without it', 'Redis answers again']);
      },
      60_000,
    );
});
