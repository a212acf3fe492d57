import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../../plugins/tool-registry/api.ts';
import { openRegistry, spec, tool } from './open-registry.ts';

async function withSchema(inputSchema: JsonSchema) {
  const opened = await openRegistry();
  opened.registry.register(spec('s'));
  opened.registry.setTools('s', [{ name: 't', inputSchema }], {});
  const check = (parameters: unknown): void => opened.registry.validate(opened.registry.resolve('s/t'), parameters);
  return { ...opened, check };
}

const problemsOf = (check: () => void): unknown => {
  try {
    check();
  } catch (error) {
    expect(error).toMatchObject({ code: 'ARGUMENTS_INVALID', kind: 'invalid' });
    return (error as { data: { problems: unknown } }).data.problems;
  }
  throw new Error('nothing was refused');
};

describe('arguments', () => {
  it('that fit pass, and are not touched', async () => {
    const { check } = await withSchema({ type: 'object', properties: { a: { type: 'string', default: 'x' } } });
    const sent = Object.freeze({ b: 1 });
    check(sent);
    check(undefined);
    expect(sent).toEqual({ b: 1 });
  });

  it('that do not fit: each problem with its path, what was got and what fits', async () => {
    const { check } = await withSchema({
      type: 'object',
      required: ['code', 'mode'],
      additionalProperties: false,
      properties: {
        code: { type: 'string', minLength: 1 },
        mode: { enum: ['fast', 'safe'] },
        tries: { type: 'integer', minimum: 1, maximum: 5 },
        nested: { type: 'object', required: ['inner'], properties: { inner: { type: 'number' } } },
        target: {
          anyOf: [{ type: 'string' }, { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }],
        },
        when: { type: 'string', format: 'date-time' },
      },
    });
    const bad = { mode: 'fats', tries: 9, nested: {}, target: 7, when: 'noon', timout: 1, trie: 2 };
    expect(problemsOf(() => check(bad))).toEqual(
      expect.arrayContaining([
        { path: '/code', problem: 'is missing', got: 'nothing', expected: 'string at least 1 characters' },
        {
          path: '/mode',
          problem: 'is not one of the allowed values',
          got: 'string "fats"',
          expected: '"fast" | "safe" (did you mean "fast"?)',
        },
        { path: '/tries', problem: 'must be <= 5', got: 'number 9', expected: 'integer 1..5' },
        { path: '/nested/inner', problem: 'is missing', got: 'nothing', expected: 'number' },
        { path: '/target', problem: 'fits none of the forms', got: 'number 7', expected: 'string | { id: integer }' },
        { path: '/when', problem: 'is not a valid date-time', got: 'string "noon"', expected: 'string (date-time)' },
        { path: '/trie', problem: 'is not a known property', got: '2', expected: 'did you mean "tries"?' },
      ]),
    );
    expect(() => check({ code: 1, mode: 'fast' })).toThrow(
      'the arguments do not fit "s/t": /code has the wrong type: got number 1, fits string at least 1 characters',
    );
    expect(() => check([])).toThrow(/the arguments has the wrong type|the arguments/);
  });

  it('list at most ten problems, and of a large call the first alone', async () => {
    const { check } = await withSchema({
      type: 'object',
      properties: { list: { type: 'array', items: { type: 'string' } } },
    });
    expect(problemsOf(() => check({ list: Array(50).fill(1) }))).toHaveLength(10);
    expect(problemsOf(() => check({ list: Array(50_000).fill(1) }))).toHaveLength(1);
  });
});

describe('schemas', () => {
  it.each<[string, JsonSchema]>([
    ['unknown type', { type: 'object', properties: { a: { type: 'strng' } } }],
    ['not an object', { type: 'string' }],
    ['required is no list', { type: 'object', required: 'a' }],
    ['properties is a list', { type: 'object', properties: [] }],
    ['remote reference', { type: 'object', properties: { a: { $ref: 'https://example.com/s.json' } } }],
    [
      'too deep',
      Array.from({ length: 100 }).reduce<JsonSchema>((inner) => ({ type: 'object', properties: { a: inner } }), {}),
    ],
    ['too large', { type: 'object', description: 'x'.repeat(300_000) }],
    ['missing', undefined as unknown as JsonSchema],
  ])('%s: listed with the problem, logged once, calls pass', async (_, schema) => {
    const { registry, check, lines } = await withSchema(schema);
    expect(registry.resolve('s/t').schemaProblem).toBeTypeOf('string');
    check({ anything: true });
    registry.setTools('s', [{ name: 't', inputSchema: schema }], {});
    expect(lines.filter((line) => line.level === 'warn')).toHaveLength(1);
  });

  it.each<[string, JsonSchema]>([
    ['unresolved reference', { type: 'object', properties: { a: { $ref: '#/$defs/nope' } } }],
    ['pattern that is no expression', { type: 'object', properties: { a: { type: 'string', pattern: '(' } } }],
    ['keyword of another type', { type: 'object', properties: { a: { minimum: 1, multipleOf: 'x' } } }],
  ])('%s: found at the first call, then listed with the problem and logged once', async (_, schema) => {
    const { registry, check, lines } = await withSchema(schema);
    check({ a: 'x' });
    check({ a: 'x' });
    expect(registry.resolve('s/t').schemaProblem).toBeTypeOf('string');
    expect(lines.filter((line) => line.level === 'warn')).toHaveLength(1);
  });

  it('of two servers may bear one $id', async () => {
    const { registry } = await openRegistry();
    const $id = 'https://example.com/schema';
    const inner = (type: string) => ({ $id: 'https://example.com/inner', type });
    for (const [server, type] of [
      ['one', 'string'],
      ['two', 'number'],
    ] as const) {
      registry.register(spec(server));
      registry.setTools(server, [tool('t', { a: inner(type) }, { $id })], {});
    }
    const [one, two] = [registry.resolve('one/t'), registry.resolve('two/t')];
    registry.validate(one, { a: 'x' });
    registry.validate(two, { a: 1 });
    expect(() => registry.validate(one, { a: 1 })).toThrow(expect.objectContaining({ code: 'ARGUMENTS_INVALID' }));
    expect(() => registry.validate(two, { a: 'x' })).toThrow(expect.objectContaining({ code: 'ARGUMENTS_INVALID' }));
  });

  it('of the dialect that they declare', async () => {
    const { check: draft7 } = await withSchema({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { a: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] } },
    });
    draft7({ a: ['x', 1] });
    expect(() => draft7({ a: [1, 'x'] })).toThrow();
    const { check: newest } = await withSchema({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: { pair: { type: 'array', prefixItems: [{ type: 'string' }] } },
      properties: { a: { $ref: '#/$defs/pair' } },
      unevaluatedProperties: false,
    });
    newest({ a: ['x', 1] });
    expect(() => newest({ a: [1] })).toThrow();
    expect(() => newest({ b: 1 })).toThrow(/b is not a known property.*"a"/);
  });

  it('whose pattern could take exponential time are checked without it', async () => {
    const { check } = await withSchema({
      type: 'object',
      properties: { a: { type: 'string', pattern: '^(a+)+$' }, b: { type: 'string' } },
    });
    const begun = performance.now();
    check({ a: `${'a'.repeat(40)}!` });
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(() => check({ b: 1 })).toThrow();
  });

  it('checks a small call in microseconds', async () => {
    const { registry } = await withSchema({
      type: 'object',
      required: ['text'],
      properties: { text: { type: 'string' }, count: { type: 'integer', minimum: 0 } },
    });
    const one = registry.resolve('s/t');
    const sent = { text: 'hello', count: 3 };
    for (let i = 0; i < 20_000; i++) registry.validate(one, sent);
    const begun = performance.now();
    for (let i = 0; i < 100_000; i++) registry.validate(one, sent);
    const microseconds = ((performance.now() - begun) * 1000) / 100_000;
    expect(microseconds).toBeLessThan(5);
  });
});
