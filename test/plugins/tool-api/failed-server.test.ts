import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ask } from '../http/http-client.ts';
import { bootToolApi, ECHO } from './boot-tool-api.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'failed-server-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Starts only where a file says so. */
const dependent = (file: string) => ({
  command: process.execPath,
  args: [
    '-e',
    `if (!require('node:fs').existsSync(${JSON.stringify(file)})) {
      console.error('no token in the environment');
      process.exit(3);
    }
    import(${JSON.stringify(ECHO)});`,
  ],
});

test('a call to a server that never started says why it is not there, in every spelling', async () => {
  const broken = dependent(path.join(dir, 'never'));
  const api = await bootToolApi({ servers: { broken, sleeper: { ...broken, start: 'lazy' } } });
  const call = (id: string, action?: string) =>
    ask(api.port, `/api/v1/tools/execute/${id}`, { method: 'POST', body: { action, parameters: { a: 1, b: 2 } } });
  const unavailable = {
    status: 502,
    code: 'SERVER_UNAVAILABLE',
    detail: expect.stringContaining('no token in the environment'),
  };
  for (const answer of [
    await call('broken/add'),
    await call('broken__add'),
    await call('broken', 'add'),
    await call('broken'),
    // Its first failure, and that of a server which is known to have failed.
    await call('sleeper/add'),
    await call('sleeper/add'),
  ])
    expect(answer.json).toMatchObject(unavailable);
  expect((await call('broke/add')).json).toMatchObject({ status: 404, code: 'TOOL_UNKNOWN' });
  await api.stop();
});

test('a lazy server that failed is tried again by the next call', async () => {
  const file = path.join(dir, 'token');
  const api = await bootToolApi({ servers: { sleeper: { ...dependent(file), start: 'lazy' } } });
  const call = () =>
    ask(api.port, '/api/v1/tools/execute/sleeper/add', { method: 'POST', body: { parameters: { a: 1, b: 2 } } });
  expect((await call()).json.code).toBe('SERVER_UNAVAILABLE');
  writeFileSync(file, '');
  await expect.poll(async () => (await call()).json.success, { timeout: 15_000, interval: 200 }).toBe(true);
  await api.stop();
});
