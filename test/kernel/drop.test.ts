import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { count, logged, pause, until, Workbench } from '../support/workbench.ts';
import { LIST, list, source, WORD, word } from './word-plugins.ts';

let bench: Workbench;
beforeEach(() => {
  bench = new Workbench();
});
afterEach(() => bench.close());

const names = () => bench.kernel.get(LIST).names();
const ids = () => bench.kernel.status().plugins.map(({ id }) => id);

/** Provides the place that `needing` plugins say. */
const place = source('place', 'provides: { place: PLACE }', "{ place: { get: () => 'here' } }");
const needing = (name: string): string =>
  source(
    name,
    `requires: { place: PLACE }, provides: { word: many(WORD, '${name}') }`,
    "{ word: { get: () => services.place?.get() ?? 'nowhere' } }",
  );

describe('a dropped folder', () => {
  test('is live in the maps that others hold, is swapped when edited, and goes cleanly', async () => {
    bench.write('list', { 'index.ts': list });
    const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
    expect(names()).toEqual([]);
    bench.write('hello', { 'index.ts': word('hello') });
    await until('the drop', () => names().length === 1);
    expect(ids()).toEqual(['list', 'hello']);
    bench.write('hello', { 'index.ts': word('hello', 'hallo') });
    await until('the edit', () => names()[0] === 'hallo');
    const held = kernel.all(WORD).get('hello')!;
    bench.remove('hello');
    await until('the removal', () => names().length === 0);
    expect(ids()).toEqual(['list']);
    expect(() => held.get()).toThrow(/nothing provides "test.word hello"/);
    expect(logged(kernel, 'Plugin stopped.')).toMatchObject({ plugin: 'hello' });
    bench.write('hello', { 'index.ts': word('hello', 'again') });
    await until('the return', () => names()[0] === 'again');
  });

  test('may be copied slowly, file by file', async () => {
    bench.write('list', { 'index.ts': list });
    const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
    bench.write('slow', { 'said.ts': "export const said = 'slow';\n" });
    await pause(120);
    expect(kernel.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    const index = word('slow')
      .replace("'slow' }", 'said }')
      .replace('import', "import { said } from './said.ts';\nimport");
    bench.write('slow', { 'index.ts': index });
    await until('the drop', () => names()[0] === 'slow');
  });

  test('that was there before the start is loaded too', async () => {
    bench.write('list', { 'index.ts': list });
    bench.write('early', { 'index.ts': word('early') });
    await bench.boot({ plugins: { list: {} }, drop: true });
    expect(names()).toEqual(['early']);
  });

  test('is left alone where the pipeline does not allow it, or turns it off', async () => {
    bench.write('list', { 'index.ts': list });
    await bench.boot({ plugins: { list: {}, off: 'off' }, drop: true });
    bench.write('off', { 'index.ts': word('off') });
    await pause(150);
    expect(names()).toEqual([]);
  });

  test('that is broken or lacks something is refused once, and tried again when something changes', async () => {
    bench.write('list', { 'index.ts': list });
    const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
    bench.write('needing', { 'index.ts': needing('needing') });
    const line = await until('the refusal', () => logged(kernel, 'DROP_REFUSED'));
    expect(line.msg).toContain('"needing" needs "test.place"');
    bench.write('broken', { 'index.ts': 'export default {;' });
    await until('the other refusal', () => logged(kernel, 'DROP_REFUSED: broken'));
    bench.write('place', { 'index.ts': place });
    await until('both', () => names()[0] === 'here');
    expect(count(kernel, 'DROP_REFUSED: needing')).toBe(1);
    bench.remove('place');
    await until('a warning', () => logged(kernel, 'DROP_KEPT: place'));
    expect(names()).toEqual(['here']);
    bench.remove('needing');
    await until('the removal', () => names().length === 0);
  });

  test('whose folder is gone stays while others need it, and goes with the last of them', async () => {
    bench.write('list', { 'index.ts': list });
    const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
    bench.write('place', { 'index.ts': place });
    bench.write('needing', { 'index.ts': needing('needing') });
    bench.write('third', { 'index.ts': needing('third') });
    await until('all', () => names().length === 2);
    bench.remove('place');
    await until('a warning', () => logged(kernel, 'DROP_KEPT: place'));
    bench.remove('needing');
    await until('the removal of one', () => names().length === 1);
    expect(names()).toEqual(['here']);
    bench.remove('third');
    await until('the end of all', () => ids().join() === 'list');
  });

  test('may need another that was there before the start too: in whatever order they come, nothing is refused', async () => {
    bench.write('list', { 'index.ts': list });
    bench.write('a-user', { 'index.ts': needing('a-user') });
    bench.write('b-user', { 'index.ts': needing('b-user').replace('requires', 'optional') });
    bench.write('place', { 'index.ts': place });
    const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
    expect(names()).toEqual(['here', 'here']);
    expect(kernel.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('that hangs in its start holds up no other', async () => {
    const { promise: hang, resolve: release } = Promise.withResolvers<void>();
    Object.assign(globalThis, { dropTestHang: hang });
    bench.write('list', { 'index.ts': list });
    bench.write('said', { 'index.ts': word('said') });
    const kernel = await bench.boot({ plugins: { list: {}, said: {} }, drop: true, limits: { startMs: 600_000 } });
    const start = "{ start: () => { log.info('Begun.'); return globalThis.dropTestHang; }, word: {";
    const slow = (name: string, says: string): string =>
      word(name, says).replace('{ word: {', start).replace('config, ...services', 'log');
    try {
      bench.write('slow', { 'index.ts': slow('slow', 'slow') });
      await until('the hang', () => logged(kernel, 'Begun.'));
      bench.write('said', { 'index.ts': slow('said', 'slowly said') });
      await until('the other hang', () => count(kernel, 'Begun.') === 2);
      bench.write('fresh', { 'index.ts': word('fresh') });
      await until('the drop', () => names().join() === 'said,fresh');
      bench.write('fresh', { 'index.ts': word('fresh', 'edited') });
      await until('the edit', () => names().join() === 'said,edited');
    } finally {
      release();
    }
    await until('those that hung', () => names().join() === 'slowly said,edited,slow');
  });

  test('that comes while another hangs which provides the same is refused, whichever is ready first', async () => {
    const { promise: hang, resolve: release } = Promise.withResolvers<void>();
    Object.assign(globalThis, { dropTestHang: hang });
    bench.write('list', { 'index.ts': list });
    const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
    const slow = place
      .replace("'place', summary", "'slow', summary")
      .replace('({ place', "({ start: () => { log.info('Begun.'); return globalThis.dropTestHang; }, place");
    bench.write('slow', { 'index.ts': slow.replace('config, ...services', 'log') });
    await until('the hang', () => logged(kernel, 'Begun.'));
    bench.write('place', { 'index.ts': place });
    await until('the drop', () => ids().includes('place'));
    release();
    await until('the refusal', () => logged(kernel, 'DROP_REFUSED: slow'));
    expect(logged(kernel, 'DROP_REFUSED')!.msg).toContain('is provided by both');
    expect(ids()).toEqual(['list', 'place']);
  });

  test('may bring the folder of plugins with it, when that was not there at the start', async () => {
    bench.write('list', { 'index.ts': list });
    const later = path.join(bench.dir, 'later');
    await bench.boot({ plugins: { list: {} }, drop: true, dirs: [bench.plugins, later] });
    bench.write('../later/fresh', { 'index.ts': word('fresh') });
    await until('the drop', () => names()[0] === 'fresh');
  });

  test('that is renamed is removed and loaded', async () => {
    bench.write('list', { 'index.ts': list });
    bench.write('before', { 'index.ts': word('before') });
    await bench.boot({ plugins: { list: {} }, drop: true });
    fs.renameSync(path.join(bench.plugins, 'before'), path.join(bench.plugins, 'after'));
    await until('the old one to go', () => !ids().includes('before'));
    bench.write('after', { 'index.ts': word('after') });
    await until('the new one', () => names()[0] === 'after');
  });

  test('stops the kernel from nothing when it hangs or throws', async () => {
    bench.write('list', { 'index.ts': list });
    const kernel = await bench.boot({ plugins: { list: {} }, drop: true, limits: { startMs: 100 } });
    const bad = word('bad').replace('{ word: {', '{ start: () => new Promise(() => {}), word: {');
    bench.write('bad', { 'index.ts': bad });
    await until('the refusal', () => logged(kernel, 'PLUGIN_REFUSED: bad'));
    expect(names()).toEqual([]);
    bench.write('bad', { 'index.ts': word('bad') });
    await until('the repair', () => names()[0] === 'bad');
  });
});

test('a linked folder is swapped when its files are edited', async () => {
  bench.write('../elsewhere/list', { 'index.ts': list });
  fs.symlinkSync(path.join(bench.dir, 'elsewhere', 'list'), path.join(bench.plugins, 'list'));
  const kernel = await bench.boot({ plugins: { list: {} } });
  bench.write('../elsewhere/list', { 'index.ts': `${list}\n// edited\n` });
  await until('the swap', () => kernel.status().plugins[0]!.generation === 2);
});

test('the folder of a named plugin may vanish: it keeps running', async () => {
  bench.write('list', { 'index.ts': list });
  const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
  bench.remove('list');
  await until('a warning', () => logged(kernel, 'is gone; it keeps running'));
  expect(names()).toEqual([]);
});

test('an edited api.ts is reported: others go on with the one that they know', async () => {
  bench.write('list', { 'index.ts': list, 'api.ts': 'export const a = 1;\n' });
  const kernel = await bench.boot({ plugins: { list: {} } });
  bench.write('list', { 'api.ts': 'export const a = 2;\n' });
  await until('the warning', () => logged(kernel, 'Restart needed: others go on'));
  await until('the swap', () => kernel.status().plugins[0]!.generation === 2);
});
