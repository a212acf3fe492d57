import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { type Config, onBothDatabases, openBench, withRedis } from './open-cache.ts';

const TTL_MS = 1_000;
const KEYS = ['a', 'b', 'c'];
const TAGS = ['t', 'u', 'v'];

type Step =
  | { readonly do: 'set' | 'through'; readonly on: number; readonly key: string; readonly tags: readonly string[] }
  | { readonly do: 'get' | 'delete'; readonly on: number; readonly key: string }
  | { readonly do: 'invalidate'; readonly on: number; readonly tag: string }
  | { readonly do: 'clear'; readonly on: number }
  | { readonly do: 'pass'; readonly ms: number };

const on = fc.integer({ min: 0, max: 1 });
const key = fc.constantFrom(...KEYS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'through' as const), on, key, tags: fc.subarray(TAGS) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('get' as const), on, key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('invalidate' as const), on, tag: fc.constantFrom(...TAGS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), on, key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), on }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: TTL_MS }) }) },
);

interface Value {
  readonly n: number;
  readonly tags: readonly string[];
}

/** Two servers that share `config` do these steps; no answer is older than the last invalidation of its tags. */
async function neverOlder(open: ReturnType<typeof openBench>['open'], config: Config, together: boolean) {
  const servers = [await open(config), await open(config)];
  let runs = 0;
  let served = 0;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      runs += 1;
      const spaces = servers.map(({ cache }) => cache.space<Value>('x'));
      for (const space of spaces) await space.clear();
      let n = 0;
      const madeAt = new Map<number, number>();
      /** What every later invalidation must void. A value that is still being set may count as set after it. */
      const made = new Set<number>();
      /** By tag, or '*': what may no longer be given, from the end of the invalidation on. */
      let gone: ReadonlyMap<string, ReadonlySet<number>> = new Map();
      const fresh = (tags: readonly string[]): Value => {
        n += 1;
        madeAt.set(n, Date.now());
        return { n, tags };
      };
      const check = (value: Value, when: typeof gone): void => {
        served += 1;
        for (const bound of ['*', ...value.tags])
          expect(when.get(bound)?.has(value.n), `after ${bound}`).not.toBe(true);
        expect(Date.now() - madeAt.get(value.n)!).toBeLessThan(TTL_MS);
      };
      const take = async (each: Step): Promise<void> => {
        if (each.do === 'pass') return void vi.setSystemTime(Date.now() + each.ms);
        const space = spaces[each.on]!;
        const [before, old] = [gone, new Set(made)];
        if (each.do === 'set') {
          const value = fresh(each.tags);
          await space.set(each.key, value, { tags: each.tags });
          made.add(value.n);
        } else if (each.do === 'delete') await space.delete(each.key);
        else if (each.do === 'get') {
          const got = await space.get(each.key);
          if (got !== undefined) check(got.value, before);
        } else if (each.do === 'through') {
          const compute = async () => {
            const value = fresh(each.tags);
            made.add(value.n);
            await new Promise((resolve) => setImmediate(resolve));
            return { value, tags: each.tags };
          };
          check((await space.through(each.key, compute)).value, before);
        } else {
          const bound = 'tag' in each ? each.tag : '*';
          await (bound === '*' ? space.clear() : servers[each.on]!.cache.invalidate(bound));
          gone = new Map(gone).set(bound, new Set([...(gone.get(bound) ?? []), ...old]));
        }
      };
      if (!together) for (const each of steps) await take(each);
      else {
        const running: Promise<void>[] = [];
        for (const each of steps) {
          // Time stands still while calls overlap: what is over in the middle of one is no matter here.
          if (each.do === 'pass') await Promise.all(running.splice(0));
          const step = take(each);
          // The first that fails is told when all are awaited.
          step.catch(() => {});
          running.push(step);
          if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.allSettled(running);
        await Promise.all(running);
      }
    }),
    { numRuns: 40 },
  );
  vi.useRealTimers();
  // The cache must have had something to say.
  expect(served).toBeGreaterThan(runs);
  for (const { told } of servers) expect(told()).toEqual([]);
}

const bounded = { ttlMs: TTL_MS };
onBothDatabases('no answer is older than the last invalidation of its tags', ({ open, on: where }) => {
  const config: Config = { spaces: { x: { ...bounded, layers: ['memory', 'persistent'] } } };
  where('one call after the other', () => neverOlder(open, config, false), 60_000);
  where('calls at the same time', () => neverOlder(open, config, true), 60_000);
});

const { open } = openBench();
const { redis, on: where } = withRedis();
const withAll = (): Config => ({
  redis: { url: redis().url, timeoutMs: 10_000 },
  spaces: { x: { ...bounded, layers: ['memory', 'redis', 'persistent'] } },
});
where('with Redis: one call after the other', () => neverOlder(open, withAll(), false), 60_000);
where('with Redis: calls at the same time', () => neverOlder(open, withAll(), true), 60_000);
