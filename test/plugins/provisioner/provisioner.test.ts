import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fault } from '#kernel';
import type { ServerCandidate } from '#plugins/mcp-search/api';
import { INSTALL_PROGRESS, type Provisioner } from '#plugins/provisioner/api';
import provisioner from '../../../plugins/provisioner/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { surroundings } from './surroundings.ts';

const closing: (() => unknown)[] = [];
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'provisioner-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(dir, { recursive: true });
});

/** The plugin on a real database; `close` is a restart where the same folder is opened again. */
async function open(around = surroundings(), config = {}) {
  const storage = await openPlugin(storagePlugin, { dir });
  const opened = await openPlugin(provisioner, config, { ...around.services, ...storage.plugin });
  const close = async () => {
    await opened.close();
    await storage.close();
  };
  closing.push(close);
  return {
    around,
    close,
    events: opened.events,
    provisioner: (opened.plugin as unknown as { provisioner: Provisioner }).provisioner,
  };
}
const need = (capability: string, task = `do ${capability}`) => ({ task, requiredCapabilities: [capability] });
const somebody = { principal: 'somebody' };

test('50 callers who want 5 capabilities: 5 installations, 50 right answers, progress for all', async () => {
  const { around, provisioner: one, events } = await open();
  const told = new Set<string>();
  events.subscribe(INSTALL_PROGRESS, ({ job }) => void told.add(job));
  const jobs = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      one.request(need(`skill-${n % 5}`, `task ${n}`), { principal: `caller-${n}` }),
    ),
  );
  expect(around.installs).toHaveLength(5);
  for (const [n, job] of jobs.entries()) {
    expect(job).toMatchObject({ state: 'done', tools: [`skill-${n % 5}/run`] });
    expect(told).toContain(job.id);
  }
  expect(one.installed()).toHaveLength(5);
});

test('the servers that were called most are up before anybody asks, as many as are configured', async () => {
  const first = await open();
  for (const name of ['a', 'b', 'c', 'd']) await first.provisioner.request(need(name), somebody);
  await first.close();
  const again = await open(surroundings({ calls: { 'a/run': 1, 'b/run': 7, 'c/run': 3 } }), { prestart: 2 });
  await vi.waitFor(() => expect(again.around.opened).toEqual(['b', 'c']));
});

test('servers of one name that are installed at once have ids of their own', async () => {
  const { around, provisioner: one } = await open(surroundings(), { concurrency: 2 });
  await Promise.all(['notes one', 'notes-one'].map((name) => one.request(need(name), { principal: name })));
  expect([...around.installs].sort()).toEqual(['notes-one', 'notes-one-2']);
  expect(one.installed().map(({ server, candidate }) => [server, candidate])).toHaveLength(2);
});

test('after a restart what was installed is back, and is not installed again', async () => {
  const first = await open();
  await first.provisioner.request(need('skill-1'), somebody);
  await first.close();
  const around = surroundings();
  const again = await open(around);
  expect(around.registered()).toEqual(['skill-1']);
  expect(around.swept).toEqual([['skill-1']]);
  expect(await again.provisioner.request(need('skill-1', 'something else'), somebody)).toMatchObject({
    state: 'done',
    action: 'already_available',
    tools: ['skill-1/run'],
  });
  expect(around.installs).toEqual([]);
});

test('what fails is undone whole, and the next candidate is tried', async () => {
  const around = surroundings({ candidates: [server('broken', 0.9), server('sound', 0.8)], failing: ['broken'] });
  const { provisioner: one } = await open(around);
  const job = await one.request(need('anything'), somebody);
  expect(job).toMatchObject({ state: 'done', installed: [{ server: 'sound' }], rejected: [{ id: 'npm:broken' }] });
  expect(around.removed).toEqual(['broken']);
  expect(around.registered()).toEqual(['sound']);
  expect(around.released).toBe(1);
});

test('a server that needs an approval waits for it; denied, it is refused and the rule is named', async () => {
  const around = surroundings({ verdict: 'ask' });
  const { provisioner: one } = await open(around);
  const waiting = await one.request(need('skill-1'), somebody);
  expect(waiting).toMatchObject({ state: 'waiting_approval', approval: 'approval-1' });
  around.decide('approved');
  await expect.poll(() => one.job(waiting.id).state).toBe('done');
  const denied = await one.request(need('skill-2'), somebody);
  around.decide('denied');
  await expect.poll(() => one.job(denied.id).state).toBe('failed');
  expect(one.job(denied.id)).toMatchObject({ action: 'refused', error: { code: 'APPROVAL_DENIED' } });
  expect(one.job(denied.id).error?.hint).toMatch(/rule "test rule"/);
});

test('a job that a restart cut off goes on', async () => {
  const first = await open(surroundings({ verdict: 'ask' }));
  const { id } = await first.provisioner.request(need('skill-1'), somebody);
  await first.close();
  const again = await open(surroundings());
  await expect.poll(() => again.provisioner.job(id).state).toBe('done');
  expect(again.provisioner.job(id).installed).toMatchObject([{ server: 'skill-1' }]);
});

test('what an installation that was cut off pinned does not count for the next one under its name', async () => {
  const pinned = new Map<string, string>([['skill-1', 'tools of another server']]);
  const around = surroundings();
  const checkTools = async (server: string, tools: readonly object[]) => {
    const now = JSON.stringify(tools);
    const changed = pinned.has(server) && pinned.get(server) !== now ? [{ tool: 'run', what: 'schema' }] : [];
    pinned.set(server, pinned.get(server) ?? now);
    return { pinned: changed.length === 0, changed };
  };
  Object.assign(around.services.policy, {
    checkTools,
    forgetTools: async (server: string) => void pinned.delete(server),
  });
  const { provisioner: one } = await open(around);
  expect(await one.request(need('skill-1'), somebody)).toMatchObject({ state: 'done' });
  const tools = around.services.registry.server('skill-1').tools.map(({ definition }) => definition);
  expect(await checkTools('skill-1', tools)).toMatchObject({ changed: [] });
});

test('the runners are asked in the order of the options', async () => {
  const around = surroundings();
  const [process] = around.services.runners.values();
  around.services.runners.set('containers', process!);
  const { provisioner: one } = await open(around, { runners: ['containers'] });
  expect(await one.request(need('skill-1'), somebody)).toMatchObject({ installed: [{ runner: 'containers' }] });
});

test('refusals say why: too far from the need, a secret or a service that is missing, the rules', async () => {
  const far = { ...server('far', 0.9), relevance: 0.1 };
  const secret = server('secret', 0.9, { secrets: [{ name: 'TOKEN', required: true }] });
  const backing = server('backing', 0.9, { backing: ['redis'] });
  const { provisioner: one } = await open(surroundings({ candidates: [far, secret, backing] }));
  const job = await one.request(need('anything'), somebody);
  expect(job).toMatchObject({ state: 'failed', action: 'refused', error: { code: 'CAPABILITY_REFUSED' } });
  const reasons = Object.fromEntries(job.rejected.map(({ id, reason }) => [id, reason]));
  expect(reasons['npm:far']).toMatch(/too little/);
  expect(reasons['npm:secret']).toMatch(/TOKEN.*provisioner: \{ secrets/);
  expect(reasons['npm:backing']).toMatch(/redis/);
});

test('nothing is installed where it is only asked for, uninstalled is gone, and nonsense is refused', async () => {
  const { around, provisioner: one } = await open();
  const asked = await one.request({ ...need('skill-1'), autoInstall: false }, somebody);
  expect(asked).toMatchObject({ state: 'done', action: 'would_install', installed: [] });
  expect(around.installs).toEqual([]);
  await one.request(need('skill-1'), somebody);
  await one.uninstall('skill-1', somebody);
  expect(around.registered()).toEqual([]);
  expect(around.removed).toEqual(['skill-1']);
  await expect(one.uninstall('skill-1', somebody)).rejects.toMatchObject({ code: 'INSTALLATION_UNKNOWN' });
  await expect(one.request({ task: ' ', requiredCapabilities: [] }, somebody)).rejects.toMatchObject({
    code: 'CAPABILITY_REQUEST_INVALID',
  });
});

test('a quota that is used up ends the job with its own reason', async () => {
  const around = surroundings({ quota: fault('QUOTA_EXCEEDED', '10 a day are allowed', { kind: 'rate_limited' }) });
  const { provisioner: one } = await open(around);
  expect(await one.request(need('skill-1'), somebody)).toMatchObject({
    state: 'failed',
    error: { code: 'QUOTA_EXCEEDED' },
  });
  expect(around.installs).toEqual([]);
});

function server(name: string, score: number, needs: Partial<ServerCandidate['needs']> = {}): ServerCandidate {
  return surroundings().candidate(name, score, needs);
}
