import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { count, logged, until, Workbench } from '../support/workbench.ts';
import { LIST, list, source, word } from './word-plugins.ts';

let bench: Workbench;
beforeEach(() => {
  bench = new Workbench();
});
afterEach(() => bench.close());

const names = () => bench.kernel.get(LIST).names();
const ids = () => bench.kernel.status().plugins.map(({ id }) => id);

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

  describe('and dropped folders', () => {
    const said = word('said')
      .replace("'said' } }", 'config.text } }')
      .replace('strictObject({  })', "strictObject({ text: z.string().default('said') })");
    const generation = () => bench.kernel.status().plugins.find(({ id }) => id === 'said')?.generation;
    beforeEach(() => bench.write('list', { 'index.ts': list }));

    test('a plugin that it no longer names goes on with default options, as if dropped', async () => {
      bench.write('said', { 'index.ts': said });
      const kernel = await bench.boot({ plugins: { list: {}, said: { text: 'mine' } }, drop: true });
      edit((pipeline) => {
        delete pipeline.plugins.said;
      });
      await until('the default', () => names()[0] === 'said');
      expect(generation()).toBe(2);
      bench.remove('said');
      await until('the removal', () => names().length === 0);
      expect(count(kernel, 'Plugin stopped.')).toBe(2);
    });

    test('one that it names gets its options, and the defaults again once it is not named', async () => {
      bench.write('said', { 'index.ts': said });
      await bench.boot({ plugins: { list: {} }, drop: true });
      for (const text of ['mine', 'yours']) {
        edit((pipeline) => {
          pipeline.plugins.said = { text };
        });
        await until('the options', () => names()[0] === text);
      }
      edit((pipeline) => {
        delete pipeline.plugins.said;
      });
      await until('the defaults', () => names()[0] === 'said');
      expect(generation()).toBe(4);
    });

    test('one that it names before the folder is there is loaded once, with its options', async () => {
      const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
      edit((pipeline) => {
        pipeline.plugins.said = { text: 'mine' };
      });
      await until('the refusal', () => logged(kernel, 'PIPELINE_KEPT'));
      bench.write('said', { 'index.ts': said });
      await until('the plugin', () => names()[0] === 'mine');
      await kernel.settled();
      expect(generation()).toBe(1);
      expect(count(kernel, 'PIPELINE_KEPT')).toBe(1);
    });

    test('one that was turned off, or that it did not allow, is loaded once it may', async () => {
      bench.write('said', { 'index.ts': said });
      bench.write('more', { 'index.ts': word('more') });
      await bench.boot({ plugins: { list: {}, said: 'off' } });
      edit((pipeline) => {
        pipeline.drop = true;
      });
      await until('the one', () => names().join() === 'more');
      edit((pipeline) => {
        delete pipeline.plugins.said;
      });
      await until('the other', () => names().join() === 'more,said');
      edit((pipeline) => {
        pipeline.drop = false;
      });
      await until('none', () => names().length === 0);
    });

    test('one that it names with wrong options changes nothing', async () => {
      bench.write('said', { 'index.ts': said });
      const kernel = await bench.boot({ plugins: { list: {} }, drop: true });
      edit((pipeline) => {
        pipeline.plugins.said = { txt: 'mine' };
      });
      await until('the refusal', () => logged(kernel, 'has no option "txt"'));
      bench.write('said', { 'index.ts': said.replace('text: z', 'txt: z').replace('config.text', 'config.txt') });
      await until('a version that has it', () => names()[0] === 'mine');
    });
  });
});
