import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AUTH, type AuditEntry, type Auth } from '#plugins/auth/api';
import { TELEMETRY } from '#plugins/telemetry/api';
import { TOOL_DISPATCHER } from '#plugins/tool-dispatch/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { bootKernel, fake } from '../../support/boot-kernel.ts';
import { fixture, node, sleep, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

async function boot() {
  const dir = mkdtempSync(join(tmpdir(), 'dispatch-kernel-'));
  const audited: AuditEntry[] = [];
  const auth: Pick<Auth, 'required' | 'audit'> = { required: false, audit: (entry) => audited.push(entry) };
  const kernel = await bootKernel({
    plugins: { storage: { dir }, telemetry: {}, 'tool-registry': {}, 'tool-dispatch': { dir } },
    fakes: [fake(AUTH, auth)],
  });
  onTestFinished(async () => {
    await kernel.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  return { kernel, audited, registry: kernel.get(TOOL_REGISTRY), dispatcher: kernel.get(TOOL_DISPATCHER) };
}

async function until(fits: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !fits(); i++) await sleep(10);
  expect(fits()).toBe(true);
}

test('with the real registry: listed, checked, called, measured and audited', async () => {
  const { kernel, audited, registry, dispatcher } = await boot();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))] }));
  expect(kernel.status().ready).toBe(false);
  await until(() => registry.snapshot.tools.has('echo/echo'));
  await until(() => kernel.status().ready);
  const tool = registry.resolve('echo', 'echo');
  const caller = { principal: 'ada' };
  expect(textOf((await dispatcher.call(tool, { text: 'hi' }, { caller })).result)).toBe('hi');
  await expect(dispatcher.call(tool, { txt: 'hi' }, { caller })).rejects.toMatchObject({
    code: 'ARGUMENTS_INVALID',
    kind: 'invalid',
  });
  expect(textOf((await dispatcher.call(registry.resolve('echo/add'), { a: 1, b: 2 }, { caller })).result)).toBe('3');
  expect(registry.statistics('echo/echo')).toMatchObject({ calls: 1, ok: 1 });
  expect(audited).toMatchObject([
    { principal: 'ada', action: 'tool.call', target: 'echo/echo', outcome: 'ok' },
    { principal: 'ada', action: 'tool.call', target: 'echo/add', outcome: 'ok' },
  ]);
  const { text } = await kernel.get(TELEMETRY).metrics();
  expect(text).toMatch(/datapresso_tool_calls_total\{server="echo",tool="echo\/echo",outcome="ok"\} 1/);
  expect(registry.server('echo').health.state).toBe('ready');
});

/** A booted server, and two ways to call it. */
async function booted() {
  const { registry, dispatcher } = await boot();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))] }));
  await until(() => registry.server('echo').health.state === 'ready' && registry.snapshot.tools.has('echo/pid'));
  return {
    registry,
    pid: async (): Promise<unknown> => textOf((await dispatcher.call(registry.resolve('echo/pid'), {})).result),
    slow: (ms: number) => dispatcher.call(registry.resolve('echo/sleep'), { ms }),
  };
}

test('a changed description of a server keeps its process; no call fails while a changed command replaces it', async () => {
  const { registry, pid } = await booted();
  const first = await pid();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))], description: 'says it again' }));
  await until(() => registry.server('echo').spec.description !== undefined);
  await sleep(100);
  expect(await pid()).toBe(first);
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'), ['other'])] }));
  let now = first;
  while (now === first) now = await pid();
});

test('a call in flight ends well although its server is replaced', async () => {
  const { registry, pid, slow } = await booted();
  const first = await pid();
  const long = slow(1500);
  await sleep(50);
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'), ['other'])] }));
  while ((await pid()) === first);
  expect(textOf((await long).result)).toBe('slept 1500 ms');
});

test('the tools of a server stay listed while another command replaces it, and go where that one fails', async () => {
  const { registry, pid } = await booted();
  const seen = new Set<string>();
  registry.onChange(({ type }) => seen.add(type));
  const first = await pid();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'), ['other'])] }));
  expect(registry.snapshot.tools.has('echo/pid')).toBe(true);
  while ((await pid()) === first);
  expect([...seen]).not.toContain('tool_uninstalled');
  registry.register(spec('echo', { launches: [node('/does/not/exist.js')] }));
  expect(registry.snapshot.tools.has('echo/pid')).toBe(true);
  await until(() => registry.server('echo').health.state === 'failed');
  expect(registry.snapshot.tools.size).toBe(0);
  await until(() => seen.has('tool_uninstalled'));
});

test('a server can be opened in the same breath in which it was registered', async () => {
  const { registry, dispatcher } = await boot();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))], start: 'lazy' }));
  expect((await dispatcher.open('echo')).hello.serverInfo?.name).toBe('echo-fixture');
});
