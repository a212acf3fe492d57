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
});
