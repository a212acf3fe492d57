import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { token } from '#kernel';
import { count, logged, pause, until, Workbench } from '../support/workbench.ts';

interface Value {
  get(): string;
}
const WORD = token<Value>('test.word');
const LIST = token<{ names(): string[] }>('test.list');

let bench: Workbench;
beforeEach(() => {
  bench = new Workbench();
});
afterEach(() => bench.close());

const source = (name: string, declare: string, body: string, config = ''): string => `import { z } from 'zod';
import { all, definePlugin, many, nameOf, token } from '#kernel';
interface Value { get(): string }
const WORD = token<Value>('test.word');
const PLACE = token<Value>('test.place');
export default definePlugin({ name: '${name}', summary: 'A test.', config: z.strictObject({ ${config} }), ${declare},
  create: ({ config, ...services }) => (${body}) });
`;
const list = source(
  'list',
  "requires: { words: all(WORD) }, provides: { list: token<unknown>('test.list') }",
  '{ list: { names: () => [...services.words.values()].map((word) => word.get()) } }',
  'order: z.array(nameOf(WORD)).default([])',
);
const word = (name: string, says = name): string =>
  source(name, `provides: { word: many(WORD, '${name}') }`, `{ word: { get: () => '${says}' } }`);
const names = () => bench.kernel.get(LIST).names();
const ids = () => bench.kernel.status().plugins.map(({ id }) => id);

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
    const needing = source(
      'needing',
      "requires: { place: PLACE }, provides: { word: many(WORD, 'needing') }",
      '{ word: services.place }',
    );
    bench.write('needing', { 'index.ts': needing });
    const line = await until('the refusal', () => logged(kernel, 'DROP_REFUSED'));
    expect(line.msg).toContain('"needing" needs "test.place"');
    bench.write('broken', { 'index.ts': 'export default {;' });
    await until('the other refusal', () => logged(kernel, 'DROP_REFUSED: broken'));
    bench.write('place', {
      'index.ts': source('place', 'provides: { place: PLACE }', "{ place: { get: () => 'here' } }"),
    });
    await until('both', () => names()[0] === 'here');
    expect(count(kernel, 'DROP_REFUSED: needing')).toBe(1);
    bench.remove('place');
    await until('a warning', () => logged(kernel, 'DROP_KEPT: place'));
    expect(names()).toEqual(['here']);
    bench.remove('needing');
    await until('the removal', () => names().length === 0);
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

describe('an edited pipeline', () => {
  const edit = (change: (pipeline: { plugins: Record<string, unknown>; [key: string]: unknown }) => void): void => {
    const pipeline = JSON.parse(fs.readFileSync(bench.kernel.file, 'utf8'));
    change(pipeline);
    fs.writeFileSync(bench.kernel.file, JSON.stringify(pipeline, null, 2));
  };

  test('touches what it changes and nothing else', async () => {
    bench.write('list', { 'index.ts': list });
    bench.write('said', {
      'index.ts': word('said')
        .replace("'said' } }", 'config.text } }')
        .replace('strictObject({  })', "strictObject({ text: z.string().default('said') })"),
    });
    bench.write('later', { 'index.ts': word('later') });
    const kernel = await bench.boot({ plugins: { list: {}, said: {} } });
    expect(names()).toEqual(['said']);
    edit((pipeline) => {
      pipeline.plugins.said = { text: 'other' };
      pipeline.plugins.later = {};
    });
    await until('the addition', () => names().length === 2);
    expect(names()).toEqual(['other', 'later']);
    expect(logged(kernel, 'Pipeline applied.')).toMatchObject({ changed: ['said', 'later'] });
    expect(kernel.status().plugins.map(({ id, generation }) => `${id} ${generation}`)).toEqual([
      'said 2',
      'list 1',
      'later 1',
    ]);
    edit((pipeline) => {
      delete pipeline.plugins.later;
    });
    await until('the removal', () => names().length === 1);
  });

  test('that is wrong changes nothing, and says all that is wrong in one line', async () => {
    bench.write('list', { 'index.ts': list });
    bench.write('said', { 'index.ts': word('said') });
    const kernel = await bench.boot({ plugins: { list: { order: ['said'] }, said: {} } });
    edit((pipeline) => {
      pipeline.plugins = { list: { order: ['sayd'] }, said: { nope: 1 }, lost: {} };
    });
    const { msg } = await until('the refusal', () => logged(kernel, 'PIPELINE_KEPT'));
    for (const part of ['CONFIG_NAME', 'did you mean "said"?', 'CONFIG_UNKNOWN_KEY', 'PLUGIN_UNKNOWN'])
      expect(msg).toContain(part);
    expect(kernel.status().plugins.map(({ generation }) => generation)).toEqual([1, 1]);
    edit((pipeline) => {
      pipeline.plugins = { list: { order: [] }, said: {} };
    });
    await until('the repair', () => logged(kernel, 'Pipeline applied.'));
    expect(kernel.status().plugins.find(({ id }) => id === 'list')).toMatchObject({ generation: 2 });
    expect(kernel.status().plugins.find(({ id }) => id === 'said')).toMatchObject({ generation: 1 });
  });

  test('gives an optional service to who can use it, and takes it away', async () => {
    const using = source(
      'list',
      "optional: { place: PLACE }, provides: { list: token<unknown>('test.list') }",
      "{ list: { names: () => [services.place?.get() ?? 'nowhere'] } }",
    );
    bench.write('list', { 'index.ts': using });
    bench.write('place', {
      'index.ts': source('place', 'provides: { place: PLACE }', "{ place: { get: () => 'here' } }"),
    });
    await bench.boot({ plugins: { list: {} } });
    expect(names()).toEqual(['nowhere']);
    edit((pipeline) => {
      pipeline.plugins.place = {};
    });
    await until('the service', () => names()[0] === 'here');
    edit((pipeline) => {
      delete pipeline.plugins.place;
    });
    await until('its absence', () => names()[0] === 'nowhere');
  });

  test('may replace a provider by another, or hand a resource over', async () => {
    const place = (name: string): string =>
      source(name, "provides: { place: PLACE }, resources: () => ['thing:1']", `{ place: { get: () => '${name}' } }`);
    bench.write('here', { 'index.ts': place('here') });
    bench.write('there', { 'index.ts': place('there') });
    const using = source(
      'list',
      "requires: { place: PLACE }, provides: { list: token<unknown>('test.list') }",
      '{ list: { names: () => [services.place.get()] } }',
    );
    bench.write('list', { 'index.ts': using });
    await bench.boot({ plugins: { here: {}, list: {} } });
    edit((pipeline) => {
      pipeline.plugins = { there: {}, list: {} };
    });
    await until('the other', async () => ids().includes('there') && names()[0] === 'there');
    expect(bench.kernel.status().plugins.map(({ id, generation }) => `${id} ${generation}`)).toEqual([
      'list 1',
      'there 1',
    ]);
  });

  test('may name a plugin that was dropped, and turn it off', async () => {
    bench.write('list', { 'index.ts': list });
    bench.write('said', { 'index.ts': word('said') });
    await bench.boot({ plugins: { list: {} }, drop: true });
    expect(names()).toEqual(['said']);
    edit((pipeline) => {
      pipeline.plugins.said = {};
    });
    await until('the edit', () => logged(bench.kernel, 'Pipeline applied.'));
    expect(ids()).toEqual(['list', 'said']);
    edit((pipeline) => {
      pipeline.plugins.said = 'off';
    });
    await until('the removal', () => names().length === 0);
  });

  test('may add a plugin that does not start yet: its next version is tried', async () => {
    bench.write('list', { 'index.ts': list });
    const kernel = await bench.boot({ plugins: { list: {} } });
    bench.write('late', {
      'index.ts': word('late').replace('{ word: {', "{ start: () => { throw new Error('not yet'); }, word: {"),
    });
    edit((pipeline) => {
      pipeline.plugins.late = {};
    });
    await until('the refusal', () => logged(kernel, 'PLUGIN_REFUSED: late'));
    bench.write('late', { 'index.ts': word('late') });
    await until('the repair', () => names()[0] === 'late');
  });

  test('a change of mode needs a restart, and says so', async () => {
    bench.write('list', { 'index.ts': list });
    const kernel = await bench.boot({ plugins: { list: {} } });
    edit((pipeline) => {
      pipeline.mode = 'worker';
    });
    await until('the warning', () => logged(kernel, 'Restart needed: mode'));
    expect(kernel.status().mode).toBe('server');
  });
});

test('an edited api.ts is reported: others go on with the one that they know', async () => {
  bench.write('list', { 'index.ts': list, 'api.ts': 'export const a = 1;\n' });
  const kernel = await bench.boot({ plugins: { list: {} } });
  bench.write('list', { 'api.ts': 'export const a = 2;\n' });
  await until('the warning', () => logged(kernel, 'Restart needed: others go on'));
  await until('the swap', () => kernel.status().plugins[0]!.generation === 2);
});
