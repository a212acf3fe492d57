import { afterEach, describe, expect, it, vi } from 'vitest';
import registryPlugin from '../../../plugins/tool-registry/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { openRegistry, spec, told, tool } from './open-registry.ts';

const call = (id: string, outcome: 'ok' | 'tool_error' | 'timeout' | 'cancelled' = 'ok', durationMs = 400) => ({
  tool: id,
  durationMs,
  outcome,
  resultBytes: 1,
});

describe('what was learnt of a tool', () => {
  it('stands behind what its server says, in every text, and goes with its undo', async () => {
    const { registry, plugin, changes } = await openRegistry();
    registry.register(spec('a', { toolkit: 'own' }));
    registry.setTools('a', [tool('one'), tool('two')], {});
    await told();
    changes.length = 0;
    const { version } = registry.snapshot;
    const untouched = registry.resolve('a/two');
    const undo = plugin.learning.learn('a/one', {
      notes: 'Proven for retail.\n\u202eHidden',
      scenarios: ['retail', 'retail', 'travel'],
      toolkit: 'shop',
    });
    await told();
    expect(changes).toMatchObject([{ type: 'tool_updated', server: 'a', tools: ['a/one'] }]);
    expect(registry.snapshot.version).toBe(version + 1);
    expect(registry.resolve('a/one')).toMatchObject({
      description: 'does one\nProven for retail.\nHidden',
      toolkit: 'shop',
    });
    expect(registry.resolve('a/one').definition).toEqual(tool('one'));
    expect(registry.resolve('a/two')).toBe(untouched);
    expect(registry.describe('llm')).toContain(
      '## Toolkit: shop\n\n### a/one\n  does one\n  Proven for retail.\n  Hidden\n  No parameters.\n  Does well in: retail, travel',
    );
    for (const format of ['json', 'openai', 'anthropic'] as const)
      expect(registry.describe(format)).toContain('does one\\nProven for retail.\\nHidden');
    undo();
    undo();
    expect(registry.resolve('a/one')).toMatchObject({ toolkit: 'own' });
    expect(registry.resolve('a/one')).not.toHaveProperty('description');
    expect(registry.resolve('a/one')).not.toHaveProperty('learnt');
  });

  it('survives another listing of the server and another launch; a replaced one is not undone', async () => {
    const { registry, plugin } = await openRegistry();
    const first = plugin.learning.learn('a/one', { notes: 'First.' });
    registry.register(spec('a'));
    registry.setTools('a', [tool('one')], {});
    expect(registry.resolve('a/one').description).toBe('does one\nFirst.');
    plugin.learning.learn('a/one', { notes: 'Second.' });
    first();
    registry.setTools('a', [{ ...tool('one'), description: 'Better.' }], {});
    expect(registry.resolve('a/one').description).toBe('Better.\nSecond.');
    registry.unregister('a');
    registry.register(spec('a'));
    registry.setTools('a', [tool('one')], {});
    expect(registry.resolve('a/one').description).toBe('does one\nSecond.');
  });

  it('gives way to the configuration where that names a toolkit, and is cut before it takes the whole text', async () => {
    const { registry, plugin } = await openRegistry({
      config: { toolkits: { set: { tools: ['a'] } }, tools: { 'a/one': { description: 'Configured. '.repeat(200) } } },
    });
    registry.register(spec('a'));
    registry.setTools('a', [tool('one')], {});
    plugin.learning.learn('a/one', { notes: `Learnt. ${'x'.repeat(5000)}`, toolkit: 'other' });
    expect(registry.resolve('a/one').toolkit).toBe('set');
    const [{ description }] = JSON.parse(registry.describe('anthropic')) as [{ description: string }];
    expect(description.length).toBeLessThanOrEqual(1200);
    expect(description).toMatch(/^Configured\. .*\.\.\.\nLearnt\. x+\.\.\.$/);
  });

  it('is handed over in a swap, undos too', async () => {
    const old = await openRegistry();
    old.registry.register(spec('a'));
    old.registry.setTools('a', [tool('one')], {});
    const undo = old.plugin.learning.learn('a/one', { notes: 'Learnt.' });
    const next = await openPlugin(registryPlugin, {}, { storage: old.storage, groups: new Map() });
    next.plugin.importState!(old.plugin.exportState!());
    expect(next.plugin.registry.resolve('a/one').description).toBe('does one\nLearnt.');
    undo();
    expect(next.plugin.registry.resolve('a/one')).not.toHaveProperty('description');
    await next.close();
  });

  it('is for function tools too, whose own extras stay', async () => {
    const run = () => 'done';
    const parameters = { type: 'object' };
    const groups = new Map([
      [
        'f',
        {
          tools: [
            {
              name: 'do',
              description: 'does it',
              parameters,
              run,
              capabilities: ['doing'],
              examples: [{ parameters: {} }],
            },
          ],
        },
      ],
    ]);
    const { registry, plugin } = await openRegistry({ groups });
    plugin.learning.learn('f/do', { notes: 'Learnt.' });
    expect(registry.resolve('f/do')).toMatchObject({
      description: 'does it\nLearnt.',
      capabilities: ['doing'],
      examples: [{ parameters: {} }],
    });
  });
});

describe('statistics over all processes', () => {
  it('hold every call of this process, and those that others have written', async () => {
    const one = await openRegistry({ config: { statisticsMs: 60_000 } });
    const other = await openRegistry({ dir: one.dir, config: { statisticsMs: 60_000 } });
    for (let at = 0; at < 3; at++) one.registry.observe(call('a/one'));
    other.registry.observe(call('a/one', 'timeout'));
    other.registry.observe(call('a/two'));
    const [here] = await Promise.all([one.plugin.learning.totals(['a/one']), one.plugin.learning.totals()]);
    expect([...here]).toMatchObject([['a/one', { calls: 3, ok: 3 }]]);
    const all = await other.plugin.learning.totals();
    expect(all.get('a/one')).toMatchObject({ calls: 4, ok: 3, timeouts: 1 });
    expect([...all.keys()].sort()).toEqual(['a/one', 'a/two']);
    expect((await one.plugin.learning.totals(Array.from({ length: 1200 }, (_, at) => `a/${at}`))).size).toBe(0);
  });

  it('fail with the database, and count nothing twice afterwards', async () => {
    const { registry, plugin, storage } = await openRegistry({ config: { statisticsMs: 60_000 } });
    registry.observe(call('a/one'));
    await storage.run('ALTER TABLE tool_registry_statistics RENAME TO away');
    await expect(plugin.learning.totals()).rejects.toMatchObject({ code: 'STORAGE_STATEMENT' });
    await storage.run('ALTER TABLE away RENAME TO tool_registry_statistics');
    expect((await plugin.learning.totals()).get('a/one')).toMatchObject({ calls: 1 });
  });
});

describe('figures in the text for language models', () => {
  afterEach(() => void vi.useRealTimers());

  it('change now and then, only where it matters, and with the version; the other texts stay', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const { registry } = await openRegistry({ config: { text: { figuresMs: 1000, minUses: 10 } } });
    registry.register(spec('a'));
    registry.setTools('a', [tool('one')], {});
    for (let at = 0; at < 9; at++) registry.observe(call('a/one'));
    registry.observe(call('a/one', 'cancelled', 0));
    const before = registry.describe('llm');
    const json = registry.describe('json');
    const { version, tools } = registry.snapshot;
    vi.advanceTimersByTime(1000);
    expect(registry.describe('llm')).toBe(before);
    registry.observe(call('a/one', 'tool_error'));
    expect(registry.describe('llm')).toBe(before);
    expect(registry.snapshot.version).toBe(version);
    vi.advanceTimersByTime(1000);
    expect(registry.snapshot.version).toBe(version + 1);
    expect(registry.snapshot.tools).toBe(tools);
    expect(registry.describe('json')).toBe(json);
    const shown = registry.describe('llm');
    expect(shown).toContain('\n  Uses: 10, 90 % successful (at least 59 %), 360 ms on average\n');
    // Another use moves the figures, but not by much.
    registry.observe(call('a/one'));
    vi.advanceTimersByTime(5000);
    expect(registry.describe('llm')).toBe(shown);
    expect(registry.snapshot.version).toBe(version + 1);
    for (let at = 0; at < 1290; at++) registry.observe(call('a/one', 'ok', 1300));
    vi.advanceTimersByTime(1000);
    expect(registry.describe('llm')).toContain('Uses: 1,300, 99 % successful (at least 99 %), 1.3 s on average');
  });

  it('are there after a restart', async () => {
    const first = await openRegistry();
    for (let at = 0; at < 20; at++) first.registry.observe(call('a/one'));
    await first.close();
    const second = await openRegistry({ dir: first.dir });
    second.registry.register(spec('a'));
    second.registry.setTools('a', [tool('one')], {});
    expect(second.registry.describe('llm')).toContain('Uses: 20, 100 % successful (at least 83 %), 400 ms on average');
  });
});
