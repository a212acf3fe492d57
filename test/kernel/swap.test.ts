// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are sources of plugins
import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { logged, pause, until, Workbench } from '../support/workbench.ts';
import { plugin, VALUE } from './value-plugin.ts';

let bench: Workbench;
beforeEach(() => {
  bench = new Workbench();
});
afterEach(() => bench.close());

const value = async () => bench.kernel.get(VALUE).get();
const becomes = (wanted: string) => until(`the value ${wanted}`, async () => (await value()) === wanted);
const slot = (id = 'value') => bench.kernel.status().plugins.find((each) => each.id === id)!;

describe('the old version', () => {
  test('ends after its calls, and its effects are undone last-in first-out', async () => {
    const done: string[] = [];
    Object.assign(globalThis, { swapTestDone: done });
    const undos = ['first', 'second', 'third'].map(
      (name) => `defer(() => { globalThis.swapTestDone.push('${name}'); });`,
    );
    const stop = "stop: () => { globalThis.swapTestDone.push('stop'); },";
    const slow = "new Promise((resolve) => setTimeout(resolve, 400, 'old'))";
    bench.write('value', { 'index.ts': plugin({ get: slow, before: undos.join('\n'), lifecycle: stop }) });
    await bench.boot({ plugins: { value: {} } });
    const running = value().then((text) => done.push(text));
    bench.write('value', { 'index.ts': plugin({ get: "'new'" }) });
    await until('the swap', () => slot().generation === 2);
    expect(await value()).toBe('new');
    expect(done).toEqual([]);
    await running;
    await until('the end', () => done.length === 5);
    expect(done).toEqual(['old', 'stop', 'third', 'second', 'first']);
  });

  test('is not waited for longer than drainMs; then its signal is aborted', async () => {
    const get = "new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))";
    bench.write('value', { 'index.ts': plugin({ get }) });
    const kernel = await bench.boot({ plugins: { value: {} }, limits: { drainMs: 150 } });
    const begun = Date.now();
    const stuck = value().catch((error: Error) => error.message);
    bench.write('value', { 'index.ts': plugin({ get: "'new'" }) });
    expect(await stuck).toBe('aborted');
    expect(Date.now() - begun).toBeGreaterThan(140);
    expect(await value()).toBe('new');
    expect(logged(kernel, 'Gave up waiting for calls to end.')).toBeDefined();
  });

  test('hears no event that the new one hears', async () => {
    const heard: number[] = [];
    Object.assign(globalThis, { swapTestHeard: heard });
    const before = "events.subscribe({ name: 'test.tick' }, () => { globalThis.swapTestHeard.push(generation); });";
    bench.write('value', { 'index.ts': plugin({ before }) });
    const kernel = await bench.boot({ plugins: { value: {} } });
    let sent = 0;
    const ticking = setInterval(() => {
      kernel.host.publish({ name: 'test.tick' }, ++sent);
    }, 1);
    bench.write('value', { 'index.ts': plugin({ before, get: "'two'" }) });
    await becomes('two');
    await pause(20);
    clearInterval(ticking);
    expect(heard).toHaveLength(sent);
    expect([...new Set(heard)]).toEqual([1, 2]);
  });
});

describe('state', () => {
  const counter = (version: number, step: number): string =>
    plugin({
      spec: `stateVersion: ${version},`,
      before: 'let n = 0;',
      get: `String(n += ${step})`,
      lifecycle: 'exportState: () => n, importState: (state: unknown) => { n = Number(state); },',
    }).replace('async () =>', 'async (): Promise<string> =>');

  test('crosses to the new version', async () => {
    bench.write('value', { 'index.ts': counter(1, 1) });
    await bench.boot({ plugins: { value: {} } });
    for (let n = 0; n < 5; n++) await value();
    bench.write('value', { 'index.ts': counter(1, 10) });
    await until('the swap', () => slot().generation === 2);
    expect(await value()).toBe('15');
  });

  test('of another version does not', async () => {
    bench.write('value', { 'index.ts': counter(1, 1) });
    const kernel = await bench.boot({ plugins: { value: {} } });
    await value();
    bench.write('value', { 'index.ts': counter(2, 10) });
    await until('the swap', () => slot().generation === 2);
    expect(await value()).toBe('10');
    expect(logged(kernel, 'without the state')).toBeDefined();
  });
});

describe('a claimed resource', () => {
  const owner = (word: string, extra = ''): string =>
    plugin({
      config: 'port: z.number().default(0)',
      spec: 'resources: (config) => [`tcp:${config.port}`], stateVersion: 1,',
      before: `const server = http.createServer((_, answer) => answer.end('${word}')); let n = 0;`,
      top: "import http from 'node:http';",
      get: `\`${word} \${++n}\``,
      lifecycle: `start: async () => { ${extra} await new Promise<void>((resolve, reject) => { server.once('error', reject); server.listen(config.port, '127.0.0.1', resolve); }); },
        stop: () => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }),
        exportState: () => n, importState: (state: unknown) => { n = Number(state); },`,
    }).replace('async () => `', 'async (): Promise<string> => `');
  const fetched = (port: number): Promise<string> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      (answer) => answer.text(),
      (error: Error) => error.message,
    );

  test('is let go first, and taken back when the new version fails', async () => {
    const port = await freePort();
    bench.write('value', { 'index.ts': owner('one') });
    const kernel = await bench.boot({ plugins: { value: { port } } });
    expect(await fetched(port)).toBe('one');
    await value();
    bench.write('value', { 'index.ts': owner('two') });
    await until('the swap', () => slot().generation === 2);
    expect(await fetched(port)).toBe('two');
    expect(await value()).toBe('two 2');
    bench.write('value', { 'index.ts': owner('three', "throw new Error('no port');") });
    const line = await until('a refusal', () => logged(kernel, 'SWAP_KEPT'));
    expect(line.msg).toContain('no port');
    expect(await fetched(port)).toBe('two');
    expect(await value()).toBe('two 3');
    bench.write('value', { 'index.ts': owner('four') });
    await until('the next version', async () => (await fetched(port)) === 'four');
    expect(await value()).toBe('four 4');
  });

  test('that cannot be taken back makes the kernel unhealthy until the next good version', async () => {
    const port = await freePort();
    const flag = `${bench.dir}/broken`;
    const check = `if ((await import('node:fs')).existsSync('${flag}')) throw new Error('broken');`;
    bench.write('value', { 'index.ts': owner('one', check) });
    const kernel = await bench.boot({ plugins: { value: { port } } });
    fs.writeFileSync(flag, '');
    bench.write('value', { 'index.ts': owner('two', check) });
    await until('the loss', () => logged(kernel, 'SWAP_LOST'));
    expect(kernel.status()).toMatchObject({ ok: false, plugins: [{ lastReload: { result: 'lost' } }] });
    await expect(value()).rejects.toMatchObject({ code: 'SERVICE_GONE' });
    bench.write('value', { 'index.ts': owner('three') });
    await until('recovery', () => kernel.status().ok);
    expect(await fetched(port)).toBe('three');
    expect(await value()).toBe('three 1');
  });
});

test.each([
  ['beside the old version', ''],
  ['after the old version let go', "resources: () => ['thing:x'],"],
])('64 callers notice nothing of 12 swaps %s', async (_how, spec) => {
  const source = (n: number): string =>
    plugin({ spec, get: `new Promise((resolve) => setTimeout(resolve, 3, 'v${n}'))` });
  bench.write('value', { 'index.ts': source(0) });
  const kernel = await bench.boot({ plugins: { value: {} } });
  const service = kernel.get(VALUE);
  const seen = new Set<string>();
  let calls = 0;
  let failed = 0;
  let going = true;
  const callers = Array.from({ length: 64 }, async () => {
    while (going) {
      try {
        seen.add(await service.get());
        calls++;
      } catch {
        failed++;
      }
    }
  });
  for (let n = 1; n <= 12; n++) {
    bench.write('value', { 'index.ts': source(n) });
    await until(`version ${n}`, () => slot().generation === n + 1);
  }
  going = false;
  await Promise.all(callers);
  expect(failed).toBe(0);
  expect(calls).toBeGreaterThan(1_000);
  expect(seen.size).toBeGreaterThanOrEqual(12);
});
