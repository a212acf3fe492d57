import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { FunctionTools, ToolDefinition } from '../../../plugins/tool-registry/api.ts';
import { openRegistry, spec } from './open-registry.ts';

const KEYWORDS = [
  ...['type', 'properties', 'required', 'items', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', 'not', '$ref', '$defs'],
  ...['pattern', 'format', 'minimum', 'maxLength', 'additionalProperties', 'description', 'default', '$id', '$schema'],
];
const schema = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>('string', 'object', null, true, 3, '#/$defs/a', 'https://x/y', '(', ['a'], [], {}),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYWORDS), fc.string({ maxLength: 5 })), tie('node'), { maxKeys: 5 }),
    fc.array(tie('node'), { maxLength: 3 }),
  ),
})).node;

it('nothing that a server sends as a tool breaks a list, a description or a check', async () => {
  const { registry } = await openRegistry();
  registry.register(spec('odd'));
  const definition = fc.record(
    {
      name: fc.string({ maxLength: 20 }),
      inputSchema: schema,
      description: schema,
      annotations: schema,
      title: schema,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(definition, { maxLength: 4 }), fc.jsonValue(), (definitions, parameters) => {
      registry.setTools('odd', definitions as unknown as ToolDefinition[], {});
      for (const tool of registry.server('odd').tools) {
        try {
          registry.validate(tool, parameters);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ARGUMENTS_INVALID' });
          expect((error as Error).message.length).toBeLessThan(10_000);
        }
      }
      for (const format of ['llm', 'json', 'openai', 'anthropic'] as const)
        expect(registry.describe(format)).toBeTypeOf('string');
    }),
    { numRuns: 500 },
  );
});

it('a function tool that cannot be written as JSON costs itself alone, and one log line', async () => {
  const circle: Record<string, unknown> = { type: 'object' };
  circle.self = circle;
  const run = (): string => '';
  const tools = [
    { name: 'circle', description: '', parameters: circle, run },
    { name: 'big', description: '', parameters: { type: 'object', default: 1n }, run },
    { name: 'good', description: '', parameters: z.object({ when: z.date().optional() }), run },
  ];
  const groups = new Map<string, FunctionTools>([['g', { tools }]]);
  const { registry, lines } = await openRegistry({ groups });
  expect([...registry.snapshot.tools.keys()]).toEqual(['g/good']);
  expect(lines.filter((line) => line.level === 'error')).toHaveLength(2);
});
