import { mkdtempSync, rmSync } from 'node:fs';
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
  await storage.run('UPDATE tool_client_calls SET done_at = NULL, outcome = NULL WHERE call_key = ?', [looked]);
  // As a kill in the middle of it leaves it.
  await call('count', cut);
  await storage.run('UPDATE tool_client_calls SET done_at = NULL, outcome = NULL WHERE call_key = ?', [cut]);
  await booted.stop();
  booted = await bootLocal({ dir, client: { calls: { maxOutcomeBytes: 65_536 } } });
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
