import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { INSTALL_PROGRESS, type Provisioner, type ProvisionJob } from '#plugins/provisioner/api';
import { STORAGE } from '#plugins/storage/api';
import toolClient from '../../../plugins/tool-client/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { fixtureCalls } from './fixture-calls.ts';
import { bootLocal } from './planes.ts';

const never = new AbortController().signal;
const runs = (id: string): number => fixtureCalls.runs.get(id) ?? 0;

test('keys are known after a restart of the process', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'local-plane-'));
  const [done, cut, looked, large] = ['done', 'cut', 'looked', 'large'].map((name) => `${name}-${process.pid}`) as [
    string,
    string,
    string,
    string,
  ];
  let booted = await bootLocal({ dir });
  const call = (tool: string, key: string, args: Record<string, unknown> = { id: key }) =>
    booted.plane.call(`fix__${tool}`, args, { signal: never, key });
  await booted.plane.ready();
  await call('count', done);
  await call('look', looked);
  await call('picture', large, { bytes: 900_000 });
  const storage = booted.client.get(STORAGE);
  await storage.run('UPDATE call_log_calls SET done_at = NULL, outcome = NULL WHERE call_key = ?', [looked]);
  // As a kill in the middle of it leaves it.
  await call('count', cut);
  await storage.run('UPDATE call_log_calls SET done_at = NULL, outcome = NULL WHERE call_key = ?', [cut]);
  await booted.stop();
  booted = await bootLocal({ dir, plugins: { 'call-log': { maxOutcomeBytes: 65_536 } } });
  await booted.plane.ready();
  expect(await call('count', done)).toMatchObject({ text: 'run 1' });
  expect(await call('count', cut)).toMatchObject({ isError: true, code: 'CALL_UNCERTAIN', isInfrastructure: true });
  expect(await call('look', looked)).toMatchObject({ text: 'run 2' });
  expect((await call('picture', large, { bytes: 900_000 })).artifacts).toMatchObject([{ bytes: 900_000 }]);
  const other = `other-${process.pid}`;
  await call('picture', other, { bytes: 900_000 });
  expect(await call('picture', other, { bytes: 900_000 })).toMatchObject({ code: 'CALL_NOT_KEPT' });
  expect([runs(done), runs(cut)]).toEqual([1, 1]);
  await booted.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('a swap of the plugin, or of call-log, ends no call with a key, and it is joined', async () => {
  const booted = await bootLocal({ watch: true });
  await booted.client.watching();
  await booted.plane.ready();
  const key = `swapped-${process.pid}`;
  const call = () => booted.plane.call('fix__hold', { id: key }, { signal: never, key });
  const calls = [call()];
  await expect.poll(() => runs(key)).toBe(1);
  const pipeline = JSON.parse(readFileSync(booted.client.file, 'utf8')) as { plugins: Record<string, object> };
  for (const [id, options] of [
    ['tool-client', { waitMs: 20_000 }],
    ['call-log', { maxCalls: 5_000 }],
  ] as const) {
    pipeline.plugins[id] = options;
    writeFileSync(booted.client.file, JSON.stringify(pipeline));
    const plugin = () => booted.client.status().plugins.find((each) => each.id === id)!;
    await expect.poll(() => plugin().reloads, { timeout: 10_000 }).toBe(1);
    calls.push(call());
  }
  fixtureCalls.release();
  for (const outcome of await Promise.all(calls)) expect(outcome).toMatchObject({ text: 'run 1' });
  expect(runs(key)).toBe(1);
  await booted.stop();
});

test('without call-log a key holds nothing to once, and the log says so', async () => {
  const booted = await bootLocal({ plugins: { 'call-log': 'off' } });
  await booted.plane.ready();
  const key = `unheld-${process.pid}`;
  const call = () => booted.plane.call('fix__count', { id: key }, { signal: never, key });
  expect([(await call()).text, (await call()).text]).toEqual(['run 1', 'run 2']);
  const warned = booted.client.lines.filter(({ plugin, level }) => plugin === 'tool-client' && level === 'warn');
  expect(warned).toMatchObject([{ msg: expect.stringContaining('call-log') }]);
  await booted.stop();
});

test('a capability is asked of the provisioner, and its job is told', async () => {
  const base: ProvisionJob = {
    id: 'job-1',
    state: 'waiting_approval',
    stage: 'policy',
    need: { task: 'draw', requiredCapabilities: ['drawing'] },
    action: 'none',
    installed: [],
    tools: [],
    rejected: [],
    candidates: [],
    approval: 'approval-1',
    startedAt: 0,
  };
  const asked: unknown[] = [];
  const provisioner = {
    request: async (need: unknown) => {
      asked.push(need);
      return base;
    },
    job: () => ({ ...base, state: 'failed', error: { code: 'NOTHING_FITS', message: 'none', hint: 'build it' } }),
  } as unknown as Provisioner;
  const { plugin, events, close } = await openPlugin(toolClient, {}, { provisioner });
  const told: unknown[] = [];
  plugin.plane.onJob((change) => told.push(change));
  expect(await plugin.plane.request({ task: 'draw', capabilities: ['drawing'] })).toEqual({
    id: 'job-1',
    state: 'waiting_approval',
    tools: [],
    approval: 'approval-1',
  });
  expect(asked).toEqual([{ task: 'draw', requiredCapabilities: ['drawing'], waitMs: 0 }]);
  expect(await plugin.plane.job('job-1')).toMatchObject({
    state: 'failed',
    error: { code: 'NOTHING_FITS', hint: 'build it' },
  });
  events.publish(INSTALL_PROGRESS, { job: 'job-1', state: 'done', stage: 'end', step: '', message: '', at: 0 });
  expect(told).toEqual([{ id: 'job-1', state: 'done' }]);
  await close();
});

test('a process without tools says what is missing, when it is asked', async () => {
  const { plugin, lines, close } = await openPlugin(toolClient, {});
  await expect(plugin.plane.ready()).rejects.toMatchObject({
    code: 'PLANE_UNREACHABLE',
    hint: expect.stringContaining('url'),
  });
  expect(await plugin.plane.call('a__b', {}, { signal: never })).toMatchObject({ code: 'PLANE_UNREACHABLE' });
  expect(lines).toEqual([]);
  await close();
});
