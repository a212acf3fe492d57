// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are sources of plugins
import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { token } from '#kernel';
import { count, logged, pause, until, Workbench } from '../support/workbench.ts';

interface Value {
  get(): Promise<string>;
}
const VALUE = token<Value>('test.value');
const OTHER = token<Value>('test.other');

let bench: Workbench;
beforeEach(() => {
  bench = new Workbench();
});
afterEach(() => bench.close());

interface Shape {
  readonly name?: string;
  readonly provides?: string;
  readonly get?: string;
  readonly config?: string;
  readonly spec?: string;
  readonly top?: string;
  readonly before?: string;
  readonly lifecycle?: string;
}

/** A plugin whose service answers with `get`, a piece of source; the rest are pieces that a test adds. */
const plugin = (shape: Shape = {}): string => `import { z } from 'zod';
import { definePlugin, token } from '#kernel';
${shape.top ?? ''}
export default definePlugin({
  name: '${shape.name ?? 'value'}',
  summary: 'A value.',
  config: z.strictObject({ ${shape.config ?? ''} }),
  provides: { value: token<unknown>('${shape.provides ?? 'test.value'}') },
  ${shape.spec ?? ''}
  create: ({ config, defer, events, signal, log, generation, ...services }) => {
    ${shape.before ?? ''}
    return {
      value: { get: async () => ${shape.get ?? "'one'"} },
      ${shape.lifecycle ?? ''}
    };
  },
});
`;

const value = async () => bench.kernel.get(VALUE).get();
const becomes = (wanted: string) => until(`the value ${wanted}`, async () => (await value()) === wanted);
const slot = (id = 'value') => bench.kernel.status().plugins.find((each) => each.id === id)!;

describe('an edit', () => {
  test('is live, through the handle that consumers hold', async () => {
    bench.write('value', { 'index.ts': plugin() });
    const kernel = await bench.boot({ plugins: { value: {} } });
    const held = kernel.get(VALUE);
    const method = held.get;
    bench.write('value', { 'index.ts': plugin({ get: "'two'" }) });
    await becomes('two');
    expect(await held.get()).toBe('two');
    expect(held.get).toBe(method);
    expect(slot()).toMatchObject({ generation: 2, reloads: 1, state: 'running', lastReload: { result: 'swapped' } });
  });

  test('of a file that the index imports through another is live too', async () => {
    const index = plugin({ top: "import { word } from './a.ts';", get: 'word()' });
    const a = "import { text } from './deep/b.ts';\nexport const word = (): string => text;\n";
    bench.write('value', { 'index.ts': index, 'a.ts': a, 'deep/b.ts': "export const text: string = 'one';\n" });
    await bench.boot({ plugins: { value: {} } });
    for (const text of ['two', 'three']) {
      bench.write('value', { 'deep/b.ts': `export const text: string = '${text}';\n` });
      await becomes(text);
    }
  });

  test('of files that are added and removed', async () => {
    bench.write('value', { 'index.ts': plugin() });
    await bench.boot({ plugins: { value: {} } });
    bench.write('value', { 'words.ts': "export const word: string = 'two';\n" });
    bench.write('value', { 'index.ts': plugin({ top: "import { word } from './words.ts';", get: 'word' }) });
    await becomes('two');
    bench.remove('value', 'words.ts');
    await until('a refusal', () => logged(bench.kernel, 'SWAP_KEPT'));
    expect(await value()).toBe('two');
    bench.write('value', { 'index.ts': plugin({ get: "'three'" }) });
    await becomes('three');
  });

  test('that changes nothing does nothing', async () => {
    bench.write('value', { 'index.ts': plugin() });
    await bench.boot({ plugins: { value: {} } });
    bench.write('value', { 'index.ts': plugin() });
    bench.write('value', { '.swapfile': 'x', 'README.md': '# value' });
    await pause(250);
    expect(slot()).toMatchObject({ generation: 1, reloads: 0 });
  });

  test('there and back again ends with the first content', async () => {
    bench.write('value', { 'index.ts': plugin() });
    await bench.boot({ plugins: { value: {} } });
    bench.write('value', { 'index.ts': plugin({ get: "'two'" }) });
    await becomes('two');
    bench.write('value', { 'index.ts': plugin() });
    await becomes('one');
    bench.write('value', { 'index.ts': plugin({ get: "'two'" }) });
    bench.write('value', { 'index.ts': plugin() });
    await pause(250);
    expect(await value()).toBe('one');
  });

  test('in quick succession: the last one counts', async () => {
    bench.write('value', { 'index.ts': plugin() });
    await bench.boot({ plugins: { value: {} } });
    for (let edit = 1; edit <= 30; edit++) {
      bench.write('value', { 'index.ts': plugin({ get: `'edit ${edit}'` }) });
      await pause(edit % 3 === 0 ? 45 : 7);
    }
    await becomes('edit 30');
    await pause(150);
    expect(await value()).toBe('edit 30');
    expect(slot().reloads).toBeLessThan(30);
  });

  test('during a reload is not lost', async () => {
    bench.write('value', { 'index.ts': plugin() });
    await bench.boot({ plugins: { value: {} } });
    const slow = 'start: () => new Promise((resolve) => setTimeout(resolve, 300)),';
    bench.write('value', { 'index.ts': plugin({ get: "'slow'", lifecycle: slow }) });
    await until('the start', () => pause(120).then(() => true));
    bench.write('value', { 'index.ts': plugin({ get: "'last'" }) });
    await becomes('last');
    expect(slot().generation).toBe(3);
  });

  test('of two plugins at once', async () => {
    bench.write('value', { 'index.ts': plugin() });
    bench.write('other', { 'index.ts': plugin({ name: 'other', provides: 'test.other' }) });
    const kernel = await bench.boot({ plugins: { value: {}, other: {} } });
    bench.write('value', { 'index.ts': plugin({ get: "'two'" }) });
    bench.write('other', { 'index.ts': plugin({ name: 'other', provides: 'test.other', get: "'deux'" }) });
    await becomes('two');
    await until('the other', async () => (await kernel.get(OTHER).get()) === 'deux');
    expect(slot('other').reloads).toBe(1);
  });

  test('of a plugin in JavaScript', async () => {
    const js = (word: string): string => plugin({ get: `'${word}'` }).replace('token<unknown>', 'token');
    bench.write('value', { 'index.js': js('one') });
    await bench.boot({ plugins: { value: {} } });
    bench.write('value', { 'index.js': js('two') });
    await becomes('two');
  });
});

describe('a version that cannot be used leaves the old one running', () => {
  const bad: [what: string, source: string, said: RegExp][] = [
    ['syntax error', plugin({ get: "'two'", top: '\nconst oops: = ;' }), /index\.ts:4:13 .*[Ee]xpected/],
    ['throw at import', plugin({ top: "\nthrow new Error('no import');" }), /index\.ts:4:7 no import/],
    ['throw in create', plugin({ before: "throw new Error('no create');" }), /index\.ts:\d+:\d+ .*no create/],
    [
      'throw in start',
      plugin({ lifecycle: "start: () => { throw new Error('no start'); }," }),
      /index\.ts:\d+:\d+ .*no start/,
    ],
    ['rejected start', plugin({ lifecycle: "start: async () => { throw new Error('no begin'); }," }), /no begin/],
    ['hanging start', plugin({ lifecycle: 'start: () => new Promise(() => {}),' }), /no end of start\(\) after 0\.2 s/],
    ['missing helper', plugin({ top: "import './nowhere.ts';" }), /Cannot find module .*nowhere\.ts/],
    ['missing export', plugin({ top: "import { nope } from '#kernel';" }), /index\.ts:3:\d+ .*nope/],
    ['no default export', 'export const nothing = 1;', /no default export/],
    ['another name', plugin({ name: 'valeu' }), /folder is called "value"/],
    ['config that does not fit', plugin({ config: 'size: z.string()' }), /value\.size is missing/],
    ['service gone', plugin({ provides: 'test.elsewhere' }), /"other" needs "test.value"/],
    ['service not created', plugin().replace('value: { get', 'valeu: { get'), /no "value"/],
    ['refused state', plugin({ lifecycle: "importState: () => { throw new Error('bad state'); }," }), /bad state/],
  ];
  test.each(bad)('%s', async (_what, source, said) => {
    const states = 'exportState: () => 1,';
    bench.write('value', { 'index.ts': plugin({ lifecycle: states }) });
    const needing = plugin({
      name: 'other',
      provides: 'test.other',
      spec: "requires: { value: token<unknown>('test.value') },",
    });
    bench.write('other', { 'index.ts': needing });
    const kernel = await bench.boot({ plugins: { value: {}, other: {} }, limits: { startMs: 200 } });
    bench.write('value', { 'index.ts': source });
    const line = await until('a refusal', () => logged(kernel, 'SWAP_KEPT'));
    expect(line.msg).toMatch(said);
    expect(line.msg).toContain('version 1 keeps running');
    expect(await value()).toBe('one');
    expect(slot()).toMatchObject({ generation: 1, state: 'running', lastReload: { result: 'kept' } });
    await kernel.settled();
    expect(count(kernel, 'SWAP_KEPT')).toBe(1);
    bench.write('value', { 'index.ts': plugin({ get: "'fixed'", lifecycle: states }) });
    await becomes('fixed');
    expect(slot()).toMatchObject({ generation: 2, lastReload: { result: 'swapped' } });
  });
});

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
  const freePort = async (): Promise<number> => {
    const { createServer } = await import('node:net');
    return new Promise((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        server.close(() => resolve(port));
      });
    });
  };
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
