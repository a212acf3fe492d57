import { expect, it } from 'vitest';
import { openRegistry, spec } from './open-registry.ts';

const doubled = Object.fromEntries(
  Array.from({ length: 34 }, (_, at) => [
    `d${at}`,
    { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
  ]),
);
const object = { type: 'object' };
const attackers: Record<string, [schema: Record<string, unknown>, parameters: unknown]> = {
  'a repeated choice': [
    { ...object, properties: { a: { type: 'string', pattern: '^(a|a)*$' } } },
    { a: `${'a'.repeat(30)}!` },
  ],
  'a repeated choice in names': [
    { ...object, patternProperties: { '^((?:a|a))*$': { type: 'string' } } },
    { [`${'a'.repeat(30)}!`]: 'x' },
  ],
  'references that double': [
    { ...object, properties: { a: { $ref: '#/$defs/d0' } }, $defs: { ...doubled, d34: { type: 'string' } } },
    { a: 'x' },
  ],
  'anchors that double': [
    {
      ...object,
      properties: { a: { $ref: '#n0' } },
      $defs: Object.fromEntries(
        Array.from({ length: 34 }, (_, at) => [
          at,
          { $anchor: `n${at}`, ...(at < 33 && { allOf: [{ $ref: `#n${at + 1}` }, { $ref: `#n${at + 1}` }] }) },
        ]),
      ),
    },
    { a: 'x' },
  ],
  'many unique items': [
    { ...object, properties: { a: { type: 'array', uniqueItems: true } } },
    { a: Array.from({ length: 20_000 }, (_, at) => ({ at })) },
  ],
};

for (const [name, [inputSchema, parameters]] of Object.entries(attackers))
  it(`${name}: the check takes no longer than any other`, async () => {
    const { registry } = await openRegistry();
    registry.register(spec('s'));
    const warm = { name: 'warm', inputSchema: { ...object, properties: { a: { type: 'number' } } } };
    registry.setTools('s', [warm], {});
    registry.validate(registry.resolve('s/warm'), {});
    const began = performance.now();
    registry.setTools('s', [warm, { name: 't', inputSchema }], {});
    registry.validate(registry.resolve('s/t'), parameters);
    expect(performance.now() - began).toBeLessThan(200);
  });

it('uniqueItems still means equal values, in whatever order their keys are', async () => {
  const { registry } = await openRegistry();
  registry.register(spec('s'));
  const a = { type: 'array', uniqueItems: true };
  registry.setTools('s', [{ name: 't', inputSchema: { ...object, properties: { a } } }], {});
  const check = (items: unknown[]) => () => registry.validate(registry.resolve('s/t'), { a: items });
  expect(check([1, '1', [1], { x: 1 }, null, true, 'true'])).not.toThrow();
  expect(
    check([
      { x: { p: 1, q: [2] }, y: 0 },
      { y: 0, x: { q: [2], p: 1 } },
    ]),
  ).toThrow(/duplicate/);
  expect(check([1, 2, 1])).toThrow(/duplicate/);
});

it('recursive schemas and repeated groups without a choice stay checked', async () => {
  const { registry } = await openRegistry();
  registry.register(spec('s'));
  const properties = { left: { $ref: '#/$defs/n' }, v: { type: 'string', pattern: '^(?:ab)+[|(]*$' } };
  registry.setTools(
    's',
    [{ name: 't', inputSchema: { ...object, properties, $defs: { n: { ...object, properties } } } }],
    {},
  );
  expect(registry.resolve('s/t').schemaProblem).toBeUndefined();
  expect(() => registry.validate(registry.resolve('s/t'), { left: { left: { v: 'ac' } } })).toThrow(/pattern/);
});
