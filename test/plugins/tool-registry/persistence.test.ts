import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import registryPlugin from '../../../plugins/tool-registry/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';
import { freshDir, openRegistry, spec, told, tool } from './open-registry.ts';

const postgresFound = findPostgres() !== undefined;
if (!postgresFound) console.warn('PostgreSQL is not installed: half of the registry restarts is left out');

describe.each([
  { dialect: 'sqlite', available: true },
  { dialect: 'postgres', available: postgresFound },
])('a restart on $dialect', ({ dialect, available }) => {
  let server: Postgres | undefined;
  beforeAll(async () => {
    if (dialect === 'postgres' && available) server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());
  const place = async () => ({ dir: await freshDir(), ...(server && { url: await server.createDatabase() }) });

  it.runIf(available)('lists the tools of a server before it is up, unless it is launched in another way', async () => {
    const at = await place();
    const first = await openRegistry(at);
    first.registry.register(spec('a'));
    first.registry.setTools('a', [tool('one')], { name: 'a', version: '1', instructions: 'be kind' });
    await first.registry.saved();
    await first.close();

    const second = await openRegistry(at);
    second.registry.register(spec('a'));
    expect(second.registry.resolve('a/one').definition).toEqual(tool('one'));
    expect(second.registry.server('a')).toMatchObject({
      info: { instructions: 'be kind' },
      health: { state: 'known' },
    });
    second.registry.unregister('a');
    second.registry.register(spec('a', { launches: [{ kind: 'stdio', command: 'other', args: [], env: {} }] }));
    expect(second.registry.snapshot.tools.size).toBe(0);
  });

  it.runIf(available)('goes on with a higher version, also after a crash', async () => {
    const at = await place();
    const first = await openRegistry(at);
    for (let i = 0; i < 2500; i++) {
      first.registry.register(spec('a', { title: String(i) }));
      if (first.registry.snapshot.version % 400 === 0) await told();
    }
    await told();
    const { version } = first.registry.snapshot;
    expect(version).toBeGreaterThan(2400);
    // The second opens while the first was never closed.
    const second = await openRegistry(at);
    expect(second.registry.snapshot.version).toBeGreaterThan(version);
  });

  it.runIf(available)('keeps what was registered over REST, and forgets what was removed', async () => {
    const at = await place();
    const first = await openRegistry({ ...at, config: { saveDelayMs: 60_000 } });
    const launch = {
      kind: 'http',
      url: 'http://127.0.0.1:1/mcp',
      headers: { authorization: 'Bearer s3cret' },
    } as const;
    const kept = spec('kept', { owner: 'rest', launches: [launch], manifest: [tool('one')] });
    first.registry.register(kept);
    first.registry.register(spec('gone', { owner: 'rest' }));
    first.registry.register(spec('of-a-plugin'));
    await first.registry.saved();
    const rows = await first.storage.all('SELECT id, spec FROM tool_registry_servers ORDER BY id');
    expect(rows.map((row) => row.id)).toEqual(['gone', 'kept']);
    expect(JSON.stringify(rows)).not.toContain('s3cret');
    first.registry.unregister('gone');
    await first.registry.saved();

    // As after a kill: nothing was closed.
    const second = await openRegistry(at);
    expect([...second.registry.snapshot.servers.keys()]).toEqual(['kept']);
    expect(second.registry.server('kept').spec).toEqual(kept);
    expect(second.registry.resolve('kept/one').id).toBe('kept/one');
  });

  it.runIf(available)('remembers why a server failed, and the statistics of every tool', async () => {
    const at = await place();
    const first = await openRegistry(at);
    first.registry.register(spec('a'));
    first.registry.setHealth('a', { state: 'failed', error: 'exit 1', settled: true });
    first.registry.observe({ tool: 'a/one', durationMs: 10, outcome: 'ok', resultBytes: 100 });
    first.registry.observe({ tool: 'a/one', durationMs: 30, outcome: 'tool_error', resultBytes: 50 });
    expect(first.registry.statistics('a/never')).toBeUndefined();
    await first.close();

    const second = await openRegistry(at);
    second.registry.register(spec('a'));
    expect(second.registry.server('a').health).toMatchObject({
      state: 'known',
      error: 'last time: exit 1',
      settled: false,
    });
    second.registry.observe({ tool: 'a/one', durationMs: 20, outcome: 'timeout', resultBytes: 0 });
    await second.close();
    const third = await openRegistry(at);
    expect(third.registry.statistics('a/one')).toMatchObject({
      calls: 3,
      ok: 1,
      toolErrors: 1,
      timeouts: 1,
      durationMsSum: 60,
      durationMsMax: 30,
      resultBytesSum: 150,
    });
  });

  it.runIf(available)('refuses a database from a newer version', async () => {
    const at = await place();
    const first = await openRegistry(at);
    await first.storage.run(
      "INSERT INTO storage_migrations (owner, step, name, applied_at) VALUES ('tool_registry', 99, 'from the future', 0)",
    );
    await expect(openPlugin(registryPlugin, {}, { storage: first.storage, groups: new Map() })).rejects.toMatchObject({
      code: 'STORAGE_NEWER',
    });
  });

  it.runIf(available)('says so when a registration could not be written', async () => {
    const { registry, storage } = await openRegistry({ ...(await place()), config: { saveDelayMs: 60_000 } });
    await storage.run('DROP TABLE tool_registry_servers');
    registry.register(spec('a', { owner: 'rest' }));
    await expect(registry.saved()).rejects.toMatchObject({ code: 'REGISTRY_NOT_SAVED' });
  });
});

describe('a swap', () => {
  it('hands on servers, tools, health, statistics and listeners; old undos act on the new one', async () => {
    const old = await openRegistry();
    const undo = old.registry.register(spec('a'));
    old.registry.register(spec('b', { owner: 'rest' }));
    old.registry.setTools('a', [tool('one')], { name: 'a' });
    old.registry.setHealth('a', { state: 'ready', settled: true });
    old.registry.observe({ tool: 'a/one', durationMs: 1, outcome: 'ok', resultBytes: 1 });
    await old.registry.saved();

    const config = { toolkits: { fresh: { tools: ['a'] } } };
    const next = await openPlugin(registryPlugin, config, { storage: old.storage, groups: new Map() });
    next.plugin.importState!(old.plugin.exportState!());
    const { registry } = next.plugin;
    expect(registry.snapshot.version).toBeGreaterThan(old.registry.snapshot.version);
    expect(registry.resolve('a/one')).toMatchObject({ toolkit: 'fresh' });
    expect(registry.server('a').health.state).toBe('ready');
    expect(registry.statistics('a/one')?.calls).toBe(1);
    old.changes.length = 0;
    undo();
    await told();
    expect(old.changes).toMatchObject([{ type: 'tool_uninstalled', tools: ['a/one'] }]);
    expect([...registry.snapshot.servers.keys()]).toEqual(['b']);
    await next.close();
  });
});

it('a change that the database refuses is told, and keeps no other from the disk', async () => {
  const { registry, storage, lines } = await openRegistry({ config: { saveDelayMs: 50 } });
  const sql = `CREATE TRIGGER refuse BEFORE INSERT ON tool_registry_servers WHEN NEW.id = 'bad'
    BEGIN SELECT RAISE(ABORT, 'not this one'); END`;
  await storage.migrate('refuse', [{ name: 'refuse one', sql }]);
  for (const id of ['one', 'bad', 'two']) registry.register(spec(id, { owner: 'rest' }));
  await expect(registry.saved()).rejects.toMatchObject({ code: 'REGISTRY_NOT_SAVED', kind: 'unavailable' });
  expect(await storage.all('SELECT id FROM tool_registry_servers ORDER BY id')).toEqual([{ id: 'one' }, { id: 'two' }]);
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { about: 'server bad' } }]);
  registry.register(spec('three', { owner: 'rest' }));
  await registry.saved();
});
