import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlaneOutcome, TOOL_PLANE } from '#plugins/tool-client/api';
import { freePort } from '../../support/free-port.ts';
import { type BootedPlane, bootRemote } from './planes.ts';

const ECHO = path.resolve(import.meta.dirname, '../../fixtures/servers/echo.ts');
const never = new AbortController().signal;
let backing: ChildProcess;
let servers: Record<string, object>;

beforeAll(async () => {
  const port = await freePort();
  backing = spawn(process.execPath, [ECHO, '--http', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  servers = { web: { url: `http://127.0.0.1:${port}/mcp` } };
  await new Promise((resolve) => backing.stderr!.once('data', resolve));
});
afterAll(() => void backing.kill());

const booted = async (plugins: Record<string, object>): Promise<BootedPlane> => {
  const remote = await bootRemote({ servers, plugins, client: { direct: true } });
  await remote.plane.ready();
  return remote;
};
const call = (remote: BootedPlane, name: string, args: object, key?: string): Promise<PlaneOutcome> =>
  remote.client
    .get(TOOL_PLANE)
    .call(name, args as Record<string, unknown>, { signal: never, ...(key !== undefined && { key }) });

test('an HTTP server is called at its own mount', async () => {
  const remote = await booted({ 'mcp-endpoint': {}, 'tool-search': {} });
  expect(await call(remote, 'web__add', { a: 1, b: 2 })).toMatchObject({ isError: false, text: '3' });
  expect(await call(remote, 'web__fail', { how: 'result' })).toMatchObject({
    isError: true,
    text: 'fixture: failed as asked',
  });
  expect(await call(remote, 'web__fail', { how: 'protocol' })).toMatchObject({ isError: true, code: 'SERVER_FAILED' });
  // With a key only the server can hold it to once.
  const counted = await call(remote, 'web__count', {}, 'direct-count');
  expect(await call(remote, 'web__count', {}, 'direct-count')).toMatchObject({ text: counted.text });
  expect(await call(remote, 'fix__say', { text: 'not http' })).toMatchObject({ text: 'not http' });
  const ending = new AbortController();
  const slow = remote.plane.call('web__sleep', { ms: 5_000 }, { signal: ending.signal });
  await sleep(50);
  ending.abort(new Error('enough'));
  await expect(slow).rejects.toThrow('enough');
  expect(remote.client.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  const mount = remote.server.status().plugins.find(({ id }) => id === 'mcp-endpoint');
  expect(mount?.health?.detail).toMatchObject({ sessions: 1 });
  await remote.stop();
});

test('where there is no mount, the server is asked as before, and the log says so once', async () => {
  const remote = await booted({});
  for (let at = 0; at < 3; at++)
    expect(await call(remote, 'web__add', { a: at, b: 2 })).toMatchObject({ isError: false, text: String(at + 2) });
  expect(remote.client.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { msg: 'Tools are not called directly but by way of the server.', server: 'web' },
  ]);
  await remote.stop();
});
