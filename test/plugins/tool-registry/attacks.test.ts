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
  'a repeated repetition in names': [
    { ...object, patternProperties: { '^(x+)+$': { type: 'string' } } },
    { [`${'x'.repeat(40)}!`]: 'x' },
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

it.each<[string, Record<string, unknown>]>([
  ['to the root', { ...object, properties: { v: { type: 'string' }, next: { $ref: '#' } } }],
  [
    'to the root, by way of a part',
    {
      ...object,
      properties: { v: { type: 'string' }, next: { $ref: '#/$defs/n' } },
      $defs: { n: { anyOf: [{ $ref: '#' }] } },
    },
  ],
  [
    'to its own name',
    { $id: 'https://a.b/tree', ...object, properties: { v: { type: 'string' }, next: { $ref: 'https://a.b/tree' } } },
  ],
  [
    'to the root, with names inside',
    { ...object, properties: { v: { $id: 'v', type: 'string' }, next: { $ref: '#' } } },
  ],
  [
    'of 2019',
    {
      $schema: 'https://json-schema.org/draft/2019-09/schema',
      ...object,
      properties: { v: { type: 'string' }, next: { $ref: '#' } },
    },
  ],
  [
    'of draft 7',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      ...object,
      properties: { v: { type: 'string' }, next: { $ref: '#' } },
    },
  ],
])('references %s are followed, and mean their own schema', async (_, inputSchema) => {
  const { registry } = await openRegistry();
  registry.register(spec('s'));
  const other = { ...inputSchema, properties: { ...(inputSchema.properties as object), v: { type: 'number' } } };
  registry.setTools(
    's',
    [
      { name: 't', inputSchema },
      { name: 'other', inputSchema: other },
    ],
    {},
  );
  const check = (name: string, parameters: unknown) => () =>
    registry.validate(registry.resolve(`s/${name}`), parameters);
  for (let round = 0; round < 2; round++) {
    expect(check('t', { v: 'a', next: { v: 'b', next: { v: 'c' } } })).not.toThrow();
    expect(check('t', { v: 'a', next: { v: 'b', next: { v: 1 } } })).toThrow(/\/next\/next\/v/);
    expect(check('other', { next: { v: 1 } })).not.toThrow();
    expect(check('other', { next: { v: 'b' } })).toThrow(/\/next\/v/);
  }
  expect(registry.resolve('s/t').schemaProblem).toBeUndefined();
});

it('arguments that are nested without end are refused, and the next ones are checked', async () => {
  const { registry } = await openRegistry();
  registry.register(spec('s'));
  const properties = { v: { type: 'string' }, next: { $ref: '#' } };
  registry.setTools('s', [{ name: 't', inputSchema: { ...object, properties } }], {});
  const check = (parameters: unknown) => () => registry.validate(registry.resolve('s/t'), parameters);
  let deep: object = {};
  for (let at = 0; at < 100_000; at++) deep = { next: deep };
  expect(check(deep)).toThrow(expect.objectContaining({ code: 'ARGUMENTS_INVALID' }));
  expect(check({ v: 1, other: deep })).toThrow(expect.objectContaining({ code: 'ARGUMENTS_INVALID' }));
  expect(check({ next: { v: 1 } })).toThrow(/\/next\/v/);
});

it('a pattern for names that may take exponential time refuses nothing that is right, and is told', async () => {
  const { registry, lines } = await openRegistry();
  registry.register(spec('s'));
  const numbers = { patternProperties: { '^(n+)+$': { type: 'number' } }, additionalProperties: false };
  const tools = [
    { name: 'direct', inputSchema: { ...object, properties: { who: { type: 'string' } }, ...numbers } },
    {
      name: 'hidden',
      inputSchema: { ...object, properties: { a: { $ref: '#/x-parts/p' } }, 'x-parts': { p: numbers } },
    },
    { name: 'harmless', inputSchema: { ...object, patternProperties: { '^n[0-9]+$': { type: 'number' } } } },
  ];
  registry.setTools('s', tools, {});
  const check = (name: string, parameters: unknown) => () =>
    registry.validate(registry.resolve(`s/${name}`), parameters);
  expect(check('direct', { who: 'me', nn: 1 })).not.toThrow();
  expect(check('hidden', { a: { nn: 1 } })).not.toThrow();
  expect(check('harmless', { n1: 'x' })).toThrow(/n1/);
  for (const name of ['direct', 'hidden'])
    expect(registry.resolve(`s/${name}`).schemaProblem).toMatch(/"\^\(n\+\)\+\$" may take exponential time/);
  expect(registry.resolve('s/harmless').schemaProblem).toBeUndefined();
  expect(lines.filter((line) => line.level === 'warn')).toHaveLength(1);
});
