import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { freshDir, openEvolution } from './open-evolution.ts';

const postgresFound = findPostgres() !== undefined;
if (!postgresFound) console.warn('PostgreSQL is not installed: half of the restarts of evolution are left out');

describe.each([
  { dialect: 'sqlite', available: true },
  { dialect: 'postgres', available: postgresFound },
])('on $dialect', ({ dialect, available }) => {
  let server: Postgres | undefined;
  beforeAll(async () => {
    if (dialect === 'postgres' && available) server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());
  const place = async () => ({ dir: await freshDir(), ...(server && { url: await server.createDatabase() }) });

  test.runIf(available)('a restart shows what is in force before anybody asks, and goes on counting', async () => {
    const at = await place();
    const first = await openEvolution(at);
    first.server('a', ['find']);
    first.calls('a/find', 100, 90);
    const { id } = (await first.evolution.propose())[0]!;
    await first.evolution.apply(id);
    first.calls('a/find', 10, 9);
    await first.close();

    const second = await openEvolution(at);
    second.server('a', ['find']);
    expect(second.registry.resolve('a/find').description).toContain('Reliable');
    second.calls('a/find', 10, 8);
    expect(await second.evolution.proposals({ state: 'measuring' })).toMatchObject([
      { id, baseline: { uses: 100, successes: 90 }, since: { uses: 20, successes: 17 } },
    ]);
    expect(await second.evolution.propose()).toEqual([]);
  });

  test.runIf(available)('two processes propose and apply once, count together, and both take back', async () => {
    const at = await place();
    const one = await openEvolution(at);
    const other = await openEvolution(at);
    for (const each of [one, other]) each.server('a', ['find']);
    one.calls('a/find', 100, 90);
    await one.services.learning.totals();
    const made = await Promise.all([one.evolution.propose(), other.evolution.propose()]);
    expect(made.flat().map(({ kind }) => kind)).toEqual(['description']);
    const { id } = made.flat()[0]!;
    const applied = await Promise.allSettled([one.evolution.apply(id), other.evolution.apply(id)]);
    expect(applied.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await Promise.all([one.evolution.propose(), other.evolution.propose()]);
    for (const each of [one, other]) expect(each.registry.resolve('a/find').description).toContain('Reliable');

    one.calls('a/find', 15, 3);
    other.calls('a/find', 15, 3);
    await Promise.all([one.services.learning.totals(), other.services.learning.totals()]);
    await Promise.all([one.evolution.propose(), other.evolution.propose()]);
    expect(await one.evolution.proposals()).toMatchObject([
      { id, state: 'reverted', since: { uses: 30, successes: 6 } },
    ]);
    await Promise.all([one.evolution.propose(), other.evolution.propose()]);
    for (const each of [one, other]) expect(each.registry.resolve('a/find').description).toBeUndefined();
  });
});

test('a killed process leaves what it applied in force, and nothing half done', async () => {
  const dir = await freshDir();
  const child = spawn(
    process.execPath,
    [path.resolve('test/plugins/evolution/killed-process.ts'), path.join(dir, 'data')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  // It kills itself right after the change is applied.
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  const here = await openEvolution({ dir });
  here.server('a', ['find']);
  expect(await here.evolution.proposals()).toMatchObject([
    { state: 'measuring', baseline: { uses: 100, successes: 90 } },
  ]);
  expect(here.registry.resolve('a/find').description).toContain('Reliable');
  here.calls('a/find', 30, 6);
  await here.evolution.propose();
  expect(await here.evolution.proposals()).toMatchObject([{ state: 'reverted' }]);
});

test('another version of the plugin takes over without a gap; what is removed takes its words along', async () => {
  const here = await openEvolution();
  here.server('a', ['find']);
  here.calls('a/find', 100, 90);
  await here.evolution.apply((await here.evolution.propose())[0]!.id);
  const { default: plugin } = await import('../../../plugins/evolution/index.ts');
  const { openPlugin } = await import('../open-plugin.ts');
  const next = await openPlugin(plugin, {}, here.services);
  const { version } = here.registry.snapshot;
  await here.closeEvolution();
  expect(here.registry.resolve('a/find').description).toContain('Reliable');
  expect(here.registry.snapshot.version).toBe(version);
  await next.close();
  expect(here.registry.resolve('a/find').description).toBeUndefined();
});
