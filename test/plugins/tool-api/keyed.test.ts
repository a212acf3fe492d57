import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { STORAGE } from '#plugins/storage/api';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { ask } from '../http/http-client.ts';
import { fixtureCalls } from '../tool-client/fixture-calls.ts';
import { type BootedToolApi, bootToolApi } from './boot-tool-api.ts';

const KEYS = {
  auth: {
    keys: ['one', 'two'].map((name) => ({
      name,
      key: `${name}-0123456789abcdef`,
      scopes: ['tools:read', 'tools:call'],
    })),
  },
};
const FIXTURES = path.resolve(import.meta.dirname, '../tool-client/plugins');
const boot = (options: Parameters<typeof bootToolApi>[0] = {}): Promise<BootedToolApi> =>
  bootToolApi({ ...options, dirs: [FIXTURES], plugins: { 'plane-fixtures': {}, ...KEYS, ...options.plugins } });

interface Call {
  readonly as?: string;
  readonly raw?: boolean;
  readonly context?: object;
}
const run = (
  api: BootedToolApi,
  tool: string,
  key: string,
  parameters: object,
  { as = 'one', raw, context }: Call = {},
) =>
  ask(api.port, `/api/v1/tools/execute/fix/${tool}${raw ? '?raw=true' : ''}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}-0123456789abcdef`, 'idempotency-key': key },
    body: { parameters, ...(context !== undefined && { context }) },
  });
let made = 0;
const newKey = (): string => `rest-${process.pid}-${++made}`;
const runs = (id: string): number => fixtureCalls.runs.get(id) ?? 0;

describe('an Idempotency-Key', () => {
  let api: BootedToolApi;
  beforeAll(async () => {
    api = await boot({ plugins: { 'call-log': { maxOutcomeBytes: 65_536 } } });
  });
  afterAll(() => api.stop());

  test('sent again is answered with the outcome as it was, and says so', async () => {
    const key = newKey();
    const first = await run(api, 'count', key, { id: key });
    expect(first).toMatchObject({ status: 200, json: { success: true, output: 'run 1' } });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const again = await run(api, 'count', key, { id: key });
    expect(again.headers['idempotency-replayed']).toBe('true');
    const { metadata, ...rest } = first.json;
    expect(again.json).toEqual({ ...rest, metadata: { ...(metadata as object), replayed: true } });
    const raw = [
      await run(api, 'count', key, { id: key }, { raw: true }),
      await run(api, 'count', `"${key}"`, { id: key }, { raw: true }),
    ];
    for (const { json } of raw) expect(json).toEqual({ content: [{ type: 'text', text: 'run 1' }] });
    expect(runs(key)).toBe(1);
  });

  test('is the same call whatever the order of the arguments and the spelling of the tool', async () => {
    const key = newKey();
    await run(api, 'say', key, { text: 'a', more: { b: 1, a: [2] } }).then(({ status }) => expect(status).toBe(200));
    const again = await ask(api.port, '/api/v1/tools/execute/fix__say', {
      method: 'POST',
      headers: { authorization: 'Bearer one-0123456789abcdef', 'idempotency-key': key },
      body: { parameters: { more: { a: [2], b: 1 }, text: 'a' } },
    });
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  test('belongs to who sent it', async () => {
    const key = newKey();
    await run(api, 'count', key, { id: key });
    expect((await run(api, 'count', key, { id: key }, { as: 'two' })).json).toMatchObject({ output: 'run 2' });
  });

  test.each([
    ['count', { id: 'another' }, undefined],
    ['look', { id: 'same' }, undefined],
    ['count', { id: 'same' }, { session_id: 'another' }],
  ])('of another call is refused: %s %j %j', async (tool, parameters, context) => {
    const key = newKey();
    await run(api, 'count', key, { id: 'same' });
    const call = context === undefined ? {} : { context };
    expect(await run(api, tool, key, parameters, call)).toMatchObject({ status: 409, json: { code: 'KEY_REUSED' } });
  });

  test.each(['', ' ', '""', 'é', 'x'.repeat(256)])('has 1 to 255 visible characters: %j', async (key) => {
    expect(await run(api, 'say', Buffer.from(key).toString('latin1'), { text: '' })).toMatchObject({
      status: 400,
      json: { code: 'KEY_INVALID' },
    });
  });

  test('of a call that is refused before it begins stays free', async () => {
    const key = newKey();
    expect(await run(api, 'count', key, { id: 1 })).toMatchObject({ json: { code: 'ARGUMENTS_INVALID' } });
    expect(await run(api, 'cuont', key, { id: key })).toMatchObject({ json: { code: 'TOOL_UNKNOWN' } });
    expect(await run(api, 'count', key, { id: key })).toMatchObject({ json: { output: 'run 1' } });
  });

  test('joins the call that runs, and the call outlives a client that goes away', async () => {
    const key = newKey();
    const gone = send({
      host: '127.0.0.1',
      port: api.port,
      path: '/api/v1/tools/execute/fix/hold',
      method: 'POST',
      headers: {
        authorization: 'Bearer one-0123456789abcdef',
        'idempotency-key': key,
        'content-type': 'application/json',
      },
    });
    gone.on('error', () => undefined);
    gone.end(JSON.stringify({ parameters: { id: key } }));
    await expect.poll(() => runs(key)).toBe(1);
    const joined = run(api, 'hold', key, { id: key });
    gone.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    fixtureCalls.release();
    expect(await joined).toMatchObject({ status: 200, json: { output: 'run 1' } });
    expect((await joined).headers['idempotency-replayed']).toBe('true');
  });

  test('cancels its call, whose end is uncertain then', async () => {
    const key = newKey();
    const cancel = (as: string) =>
      ask(api.port, `/api/v1/calls/${key}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${as}-0123456789abcdef` },
      });
    const running = run(api, 'hold', key, { id: key });
    await expect.poll(() => runs(key)).toBe(1);
    expect((await cancel('two')).json).toEqual({ cancelled: false });
    expect((await cancel('one')).json).toEqual({ cancelled: true });
    expect((await running).json).toMatchObject({ code: 'CALL_CANCELLED' });
    expect(await run(api, 'hold', key, { id: key })).toMatchObject({ status: 409, json: { code: 'CALL_UNCERTAIN' } });
    expect((await cancel('one')).json).toEqual({ cancelled: false });
  });

  test('keeps how a call failed; one that may be repeated is free again', async () => {
    const key = newKey();
    const late = { context: { timeout_ms: 50 } };
    expect(await run(api, 'hold', key, { id: key }, late)).toMatchObject({
      status: 504,
      json: { code: 'SERVER_TIMEOUT' },
    });
    const again = await run(api, 'hold', key, { id: key }, late);
    expect(again).toMatchObject({ status: 504, json: { code: 'SERVER_TIMEOUT', replayed: true } });
    expect(runs(key)).toBe(1);
  });

  test('of an outcome that is too large says that the call has ended', async () => {
    const key = newKey();
    expect(await run(api, 'big', key, { bytes: 100_000 })).toMatchObject({ status: 200 });
    expect(await run(api, 'big', key, { bytes: 100_000 })).toMatchObject({
      status: 409,
      json: { code: 'CALL_NOT_KEPT' },
    });
  });

  test('is refused where the pipeline has no call-log', async () => {
    const without = await boot({ plugins: { 'call-log': 'off' } });
    expect(await run(without, 'say', newKey(), { text: 'x' })).toMatchObject({
      status: 503,
      json: { code: 'KEYS_ABSENT' },
    });
    await without.stop();
  });

  test('that is not sent leaves nothing', async () => {
    const rows = () => api.kernel.get(STORAGE).get<{ n: number }>('SELECT COUNT(*) AS n FROM call_log_calls');
    const before = await rows();
    await ask(api.port, '/api/v1/tools/execute/fix/say', {
      method: 'POST',
      headers: { authorization: 'Bearer one-0123456789abcdef' },
      body: { parameters: { text: 'x' } },
    });
    expect(await rows()).toEqual(before);
  });
});

describe.each(['sqlite', 'postgres'])('on %s', (dialect) => {
  let postgres: Postgres | undefined;
  beforeAll(async () => {
    if (dialect === 'postgres' && findPostgres() !== undefined) postgres = await startPostgres();
  }, 40_000);
  afterAll(() => postgres?.stop());
  beforeEach(({ skip }) => skip(dialect === 'postgres' && postgres === undefined, 'no PostgreSQL here'));
  const storage = async (dir: string) => (postgres === undefined ? { dir } : { url: await postgres.createDatabase() });

  test('keys are known after a restart; what was cut off is uncertain, but for a tool that may be repeated', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'keyed-'));
    const plugins = { storage: await storage(dir) };
    const [done, held, looked] = [newKey(), newKey(), newKey()];
    let api = await boot({ dir, plugins });
    await run(api, 'count', done, { id: done });
    const cut = run(api, 'hold', held, { id: held });
    await expect.poll(() => runs(held)).toBe(1);
    // As a kill leaves it: begun, and no outcome.
    await run(api, 'look', looked, { id: looked });
    await api.kernel
      .get(STORAGE)
      .run('UPDATE call_log_calls SET done_at = NULL, outcome = NULL WHERE call_key = ?', [looked]);
    await api.stop();
    expect(await cut).toMatchObject({ status: 503, json: { code: 'CALL_CANCELLED' } });
    api = await boot({ dir, plugins });
    expect(await run(api, 'count', done, { id: done })).toMatchObject({ status: 200, json: { output: 'run 1' } });
    expect(await run(api, 'hold', held, { id: held })).toMatchObject({ status: 409, json: { code: 'CALL_UNCERTAIN' } });
    expect(await run(api, 'look', looked, { id: looked })).toMatchObject({ status: 200, json: { output: 'run 2' } });
    expect([runs(done), runs(held)]).toEqual([1, 1]);
    await api.stop();
    rmSync(dir, { recursive: true, force: true });
  });
});

test('swaps of the plugin and of call-log end no call with a key, and the new versions know it', async () => {
  const api = await boot({ watch: true });
  await api.kernel.watching();
  const key = newKey();
  const ended = newKey();
  const running = run(api, 'hold', key, { id: key });
  const cancelled = run(api, 'hold', ended, { id: ended });
  await expect.poll(() => [runs(key), runs(ended)]).toEqual([1, 1]);
  const pipeline = JSON.parse(readFileSync(api.kernel.file, 'utf8')) as { plugins: Record<string, object> };
  for (const [id, options] of [
    ['tool-api', { maxCallMs: 50_000 }],
    ['call-log', { maxCalls: 5_000 }],
  ] as const) {
    pipeline.plugins[id] = options;
    writeFileSync(api.kernel.file, JSON.stringify(pipeline));
    const plugin = () => api.kernel.status().plugins.find((each) => each.id === id)!;
    await expect.poll(() => plugin().reloads, { timeout: 10_000 }).toBe(1);
  }
  const headers = { authorization: 'Bearer one-0123456789abcdef' };
  const cancel = await ask(api.port, `/api/v1/calls/${ended}`, { method: 'DELETE', headers });
  expect(cancel.json).toEqual({ cancelled: true });
  expect((await cancelled).json).toMatchObject({ code: 'CALL_CANCELLED' });
  const joined = run(api, 'hold', key, { id: key });
  await new Promise((resolve) => setTimeout(resolve, 200));
  fixtureCalls.release();
  for (const answer of [await running, await joined])
    expect(answer).toMatchObject({ status: 200, json: { output: 'run 1' } });
  expect(runs(key)).toBe(1);
  await api.stop();
});
