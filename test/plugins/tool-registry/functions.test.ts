import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PLUGIN_STARTED, PLUGIN_STOPPED, PLUGIN_SWAPPED } from '#kernel';
import type { FunctionTools } from '../../../plugins/tool-registry/api.ts';
import { openRegistry, spec, told } from './open-registry.ts';

const group = (answer: string, description = 'greets'): FunctionTools => ({
  toolkit: 'demo',
  tools: [
    {
      name: 'greet',
      description,
      parameters: z.strictObject({ name: z.string().describe('whom'), loud: z.boolean().default(false) }),
      capabilities: ['greeting'],
      examples: [{ parameters: { name: 'Ada' } }],
      run: ({ name, loud }) => `${answer} ${name} ${loud}`,
    },
  ],
});
const context = { signal: new AbortController().signal, progress: () => {} };

describe('function tools', () => {
  it('are listed under the name of their group, with the schema of their zod object', async () => {
    const { registry } = await openRegistry({ groups: new Map([['Demo Tools', group('hi')]]) });
    const greet = registry.resolve('demo-tools/greet');
    expect(greet).toMatchObject({
      toolkit: 'demo',
      capabilities: ['greeting'],
      examples: [{ parameters: { name: 'Ada' } }],
    });
    expect(greet.definition.inputSchema).toEqual({
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: { name: { type: 'string', description: 'whom' }, loud: { type: 'boolean', default: false } },
    });
    expect(registry.server('demo-tools').health).toMatchObject({ state: 'ready', settled: true });
    registry.validate(greet, { name: 'Ada' });
    expect(() => registry.validate(greet, { nam: 'Ada' })).toThrow('did you mean "name"?');
    expect(registry.functionOf(greet)!.run({ name: 'Ada' }, context)).toBe('hi Ada false');
  });

  it('come, change and go with their plugins', async () => {
    const { registry, groups, events, changes } = await openRegistry();
    groups.set('late', group('hi'));
    events.publish(PLUGIN_STARTED, { id: 'late', generation: 1 });
    await told();
    const first = registry.resolve('late/greet');

    groups.set('late', group('hello'));
    events.publish(PLUGIN_SWAPPED, { id: 'late', generation: 2, ms: 1 });
    await told();
    expect(registry.resolve('late/greet')).toBe(first);
    expect(registry.functionOf(first)!.run({ name: 'Ada' }, context)).toBe('hello Ada false');

    groups.set('late', group('hello', 'greets better'));
    events.publish(PLUGIN_SWAPPED, { id: 'late', generation: 3, ms: 1 });
    await told();
    groups.delete('late');
    events.publish(PLUGIN_STOPPED, { id: 'late', generation: 3 });
    await told();
    expect(changes.map((change) => [change.type, change.tools])).toEqual([
      ['tool_installed', ['late/greet']],
      ['tool_updated', ['late/greet']],
      ['tool_uninstalled', ['late/greet']],
    ]);
    expect(registry.functionOf(first)).toBeUndefined();
  });

  it('do not take the name of a server that is there, say so once, and come when it goes', async () => {
    const { registry, groups, events, lines } = await openRegistry();
    registry.register(spec('taken', { owner: 'mcp.json' }));
    groups.set('taken', group('hi'));
    events.publish(PLUGIN_STARTED, { id: 'x', generation: 1 });
    events.publish(PLUGIN_STARTED, { id: 'y', generation: 1 });
    expect(lines.filter((line) => line.level === 'error')).toHaveLength(1);
    registry.unregister('taken');
    events.publish(PLUGIN_STOPPED, { id: 'z', generation: 1 });
    expect(registry.resolve('taken').id).toBe('taken/greet');
  });

  const good = { name: 'good', description: 'works', parameters: z.object({}), run: () => 'ok' };
  const { parameters, run, ...bare } = good;
  it.each<[string, object, string]>([
    [
      'misspelt keys',
      { ...bare, name: 'greet', parmeters: parameters, runn: run },
      'tool "greet" of the group "G": "parmeters" is not known, did you mean "parameters"?; "runn" is not known, did you mean "run"?',
    ],
    ['a misspelt optional key', { ...good, examlpes: [] }, '"examlpes" is not known, did you mean "examples"?'],
    ['a key too many', { ...good, colour: 1 }, '"colour" is not known'],
    ['a missing function', { ...bare, parameters }, '"run" is missing'],
    [
      'another type',
      { ...good, parameters: 'none', description: 7 },
      '"description" is not a string; "parameters" is not an object',
    ],
    ['no name', { ...good, name: '' }, 'tool 1 of the group "G": "name" is empty'],
    ['no object', [], 'tool 1 of the group "G": it is not an object'],
  ])('that are malformed (%s) cost themselves alone, and the log and health say what to mend', async (_, bad, says) => {
    const groups = new Map([
      ['G', { tools: [bad, good] } as FunctionTools],
      ['other', group('hi')],
    ]);
    const { registry, lines, plugin } = await openRegistry({ groups });
    expect([...registry.snapshot.tools.keys()]).toEqual(['g/good', 'other/greet']);
    const errors = lines.filter((line) => line.level === 'error');
    expect(errors).toHaveLength(1);
    expect(JSON.stringify(errors[0])).toContain(JSON.stringify(says).slice(1, -1));
    expect(JSON.stringify(plugin.health?.())).toContain(JSON.stringify(says).slice(1, -1));
  });

  it('of a malformed group are gone with it, and the other groups serve; a class may have fields of its own', async () => {
    class Own implements FunctionTools {
      readonly shop = 'mine';
      readonly tools = [good];
    }
    const groups = new Map<string, FunctionTools>([
      ['bad', { tolls: [good] } as unknown as FunctionTools],
      ['own', new Own()],
    ]);
    const { registry, lines, events } = await openRegistry({ groups });
    expect([...registry.snapshot.tools.keys()]).toEqual(['own/good']);
    expect(JSON.stringify(lines)).toContain('the group \\"bad\\": \\"tolls\\" is not known, did you mean \\"tools\\"?');
    groups.set('own', null as unknown as FunctionTools);
    events.publish(PLUGIN_SWAPPED, { id: 'own', generation: 2, ms: 1 });
    expect(registry.snapshot.tools.size).toBe(0);
  });

  it('of one name: the first is listed and called', async () => {
    const second = { ...good, description: 'late', run: () => 'second' };
    const { registry } = await openRegistry({ groups: new Map([['g', { tools: [good, second] }]]) });
    const tool = registry.resolve('g/good');
    expect([tool.definition.description, registry.functionOf(tool)!.run({}, context)]).toEqual(['works', 'ok']);
  });
});
