import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import plugin from '../../../plugins/containers/index.ts';
import { pause, until } from '../../support/workbench.ts';
import { openPlugin } from '../open-plugin.ts';
import { LIMITS } from './dock.ts';

const NPM = { kind: 'npm', package: 'calm-server', version: '1.0.0', args: [], env: {} } as const;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'no-engine-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const open = (more: object = {}) =>
  openPlugin(plugin, { dir: path.join(dir, 'data'), socket: path.join(dir, 'docker.sock'), reconnectMs: 20, ...more });

test('without an engine there is one reason and one line, and nothing else fails', async () => {
  const { plugin: created, lines, close } = await open();
  const { runner, images } = created;
  await pause(200);
  expect(runner.supports(NPM)).toEqual({
    ok: false,
    reason: `no Docker Engine: there is no socket at ${dir}/docker.sock`,
  });
  expect(lines.length).toBe(1);
  expect(lines[0]).toMatchObject({ level: 'info', sentence: expect.stringContaining('No Docker Engine') });
  expect(created.health?.()).toMatchObject({
    ok: true,
    detail: { docker: expect.stringContaining('no Docker Engine') },
  });
  expect(images.list()).toEqual([]);
  const plan = { server: 'calm', distribution: NPM, limits: LIMITS, secrets: {} };
  const { signal } = new AbortController();
  await expect(runner.install(plan, () => {}, signal)).rejects.toMatchObject({ code: 'RUNNER_UNFIT' });
  await expect(runner.launch(plan)).rejects.toMatchObject({ code: 'INSTALLATION_BROKEN' });
  await expect(images.save('localhost/x:1', signal)).rejects.toMatchObject({ code: 'DOCKER_MISSING' });
  await runner.sweep([]);
  await runner.remove('calm');
  await close();
  expect(existsSync(path.join(dir, 'data'))).toBe(false);
});

test('one that hangs holds the start up no longer than it may', async () => {
  const silent = createServer(() => {}).listen(path.join(dir, 'docker.sock'));
  const started = performance.now();
  const { plugin: created, lines, close } = await open({ pingMs: 100 });
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(created.runner.supports(NPM)).toMatchObject({ ok: false });
  await until('a second look', () => pause(250).then(() => true));
  expect(lines.length).toBe(1);
  await close();
  silent.closeAllConnections();
  silent.close();
});

test('kinds that it does not run are told from an engine that is missing', async () => {
  const { plugin: created, close } = await open();
  const remote = { kind: 'remote', url: 'http://127.0.0.1/', transport: 'http', headers: {} } as const;
  expect(created.runner.supports(remote)).toEqual({ ok: false, reason: expect.stringContaining('this is remote') });
  await close();
});
