import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { count, logged, pause, until, Workbench } from '../support/workbench.ts';
import { OTHER, plugin, VALUE } from './value-plugin.ts';

let bench: Workbench;
beforeEach(() => {
  bench = new Workbench();
});
afterEach(() => bench.close());

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
