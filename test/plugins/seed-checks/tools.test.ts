import { expect, test } from 'vitest';
import { openRegistry, spec, tool } from '../tool-registry/open-registry.ts';
import { evidenceOf, openChecks, seedOf } from './made.ts';

const check = await openChecks();
const SCHEMA = {
  type: 'object',
  properties: {
    city: { type: 'string', minLength: 2 },
    days: { type: 'integer', minimum: 1 },
    unit: { enum: ['c', 'f'] },
    tags: { type: 'array', items: { $ref: '#/$defs/tag' } },
    when: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
  required: ['city'],
  additionalProperties: false,
  $defs: { tag: { type: 'object', properties: { name: { type: 'string', pattern: '^[a-z]+$' } }, required: ['name'] } },
};
const withSchema = (inputSchema: Record<string, unknown> = SCHEMA, server?: string) => ({
  toolDefinitions: [{ name: 'forecast', inputSchema, ...(server !== undefined && { server }) }],
});

test.each([
  ['used', evidenceOf(['x', { tool: 'weather/forecast' }]), 'weather/forecast', 'passed'],
  ['used, as MCP names it', evidenceOf(['x', { tool: 'weather/forecast' }]), 'mcp__weather__forecast', 'passed'],
  [
    'used, in another spelling',
    evidenceOf(['x', { tool: 'Weather Server/get-forecast' }]),
    'weather_server/get_forecast',
    'passed',
  ],
  ['used, without its server', evidenceOf(['x', { tool: 'weather/forecast' }]), 'forecast', 'passed'],
  ['of another server', evidenceOf(['x', { tool: 'weather/forecast' }]), 'sports/forecast', 'failed'],
  ['defined', evidenceOf(['x', { tool: 'other' }], withSchema()), 'forecast', 'passed'],
  ['made up', evidenceOf(['x', { tool: 'weather/forecast' }]), 'weather/forecasts_all', 'failed'],
  ['no name', evidenceOf(['x', { tool: 'weather/forecast' }]), ' ', 'failed'],
  [
    'called, but not there',
    evidenceOf(['x', { tool: 'forecast', error: true, result: 'Unknown tool: forecast' }, { tool: 'a' }]),
    'forecast',
    'failed',
  ],
  ['nothing known', evidenceOf(['x']), 'forecast', 'unverified'],
] as const)('expected-tools: %s', async (_, evidence, name, verdict) => {
  expect((await check('expected-tools', seedOf({ expected_tools: [name] }), evidence)).verdict).toBe(verdict);
});

test('expected-tools names the unknown and the nearest', async () => {
  const evidence = evidenceOf(['x', { tool: 'weather/forecast' }]);
  const { why } = await check('expected-tools', seedOf({ expected_tools: ['weather/forcast'] }), evidence);
  expect(why).toBe('the run knows no tool "weather/forcast"; nearest: "weather/forecast"');
});

test('expected-tools: none is a fault only where tools are known to have brought success', async () => {
  const none = seedOf({ expected_tools: [] });
  const parts = ['x', { tool: 'weather/forecast' }];
  const verdicts = [true, null, false].map(async (success) => {
    const evidence = evidenceOf(parts, { outcome: { success } });
    return (await check('expected-tools', none, evidence)).verdict;
  });
  expect(await Promise.all(verdicts)).toEqual(['failed', 'unverified', 'unverified']);
  expect((await check('expected-tools', none, evidenceOf(['x']))).verdict).toBe('passed');
});

test('expected-tools: an evolved seed may expect what its parents do', async () => {
  const evidence = evidenceOf(['x', { tool: 'a' }]);
  const seed = seedOf({ expected_tools: ['a', 'b'] });
  expect((await check('expected-tools', seed, evidence)).verdict).toBe('failed');
  const parents = [seedOf({ expected_tools: ['b'] })];
  expect((await check('expected-tools', seed, { ...evidence, parents })).verdict).toBe('passed');
});

test.each<[string, Record<string, unknown>, string | RegExp]>([
  ['fit', { city: 'Oslo', days: 3, unit: 'c', tags: [{ name: 'rain' }], when: null }, 'passed'],
  ['null for what may be left out', { city: 'Oslo', days: null }, 'passed'],
  ['a redacted value', { city: 'Oslo', days: '<PHONE_1>', unit: '<API_KEY_1>' }, 'passed'],
  ['a redacted name', { '<EMAIL_1>': 'x' }, 'passed'],
  ['one missing', { days: 3 }, 'lacks "city"'],
  ['wrong type', { city: 'Oslo', days: '3' }, 'days is string, not integer'],
  ['below', { city: 'Oslo', days: 0 }, 'days is below 1'],
  ['no choice', { city: 'Oslo', unit: 'k' }, 'unit is none of ["c","f"]'],
  ['inside', { city: 'Oslo', tags: [{ name: 'a' }, {}] }, 'tags[1] lacks "name"'],
  ['pattern', { city: 'Oslo', tags: [{ name: 'A1' }] }, 'tags[0].name does not match ^[a-z]+$'],
  ['unknown', { city: 'Oslo', town: 'Oslo' }, 'town is not known'],
  ['none of the choices', { city: 'Oslo', when: 3 }, 'when fits none of the choices'],
  ['too short', { city: 'O' }, 'city is shorter than 2 characters'],
])('arguments, by the schema of the record: %s', async (_, args, wanted) => {
  const evidence = evidenceOf(['x', { tool: 'forecast', args }], withSchema());
  const { verdict, why, figures } = await check('arguments', seedOf({ expected_tools: ['forecast'] }), evidence);
  if (wanted === 'passed') expect([verdict, why, figures]).toEqual(['passed', undefined, { calls: 1 }]);
  else expect([verdict, why]).toEqual(['failed', `arguments of "forecast" in step 1 do not fit: ${wanted}`]);
});

test('arguments: failed calls are not held against it, unknown schemas are told', async () => {
  const bad = { tool: 'forecast', args: { days: 'x' } };
  const of = async (
    parts: Parameters<typeof evidenceOf>[0],
    more: Parameters<typeof evidenceOf>[1],
    tools = ['forecast'],
  ) => (await check('arguments', seedOf({ expected_tools: tools }), evidenceOf(['x', ...parts], more))).verdict;
  expect(
    await of(
      [
        { ...bad, error: true },
        { tool: 'forecast', args: { city: 'Oslo' } },
      ],
      withSchema(),
    ),
  ).toBe('passed');
  expect(await of([{ ...bad, result: 'Error: city is missing' }], withSchema())).toBe('unverified');
  expect(await of([bad], {})).toBe('unverified');
  expect(await of([bad, { tool: 'other' }], withSchema(), ['other'])).toBe('unverified');
  expect(await of([bad], withSchema(), [])).toBe('unverified');
});

test.each<[string, Record<string, unknown>]>([
  ['damaged by redaction', { type: 'object', properties: { days: '<PASSWORD_1>' } }],
  ['types of another language', { type: 'dict', properties: { days: { type: 'any' } } }],
  ['a circle', { $ref: '#' }],
  ['a reference to elsewhere', { properties: { days: { $ref: 'https://example.com/x.json' } } }],
  ['an expression that could take for ever', { properties: { days: { type: 'string', pattern: '^(a+)+$' } } }],
  ['an expression that is none', { properties: { days: { type: 'string', pattern: '(' } } }],
])('arguments: a schema that says nothing clear refuses nothing: %s', async (_, schema) => {
  const evidence = evidenceOf(['x', { tool: 'forecast', args: { days: `${'a'.repeat(60)}!` } }], withSchema(schema));
  expect((await check('arguments', seedOf({ expected_tools: ['forecast'] }), evidence)).verdict).toBe('passed');
});

test('a registry has the say where it knows tools', async () => {
  const { registry } = await openRegistry();
  const asks = await openChecks({}, { registry });
  const evidence = evidenceOf(['x', { tool: 'weather/forecast', args: { days: 'x' } }], withSchema());
  const seed = seedOf({ expected_tools: ['weather/forecast'] });
  // Empty, it knows nothing.
  expect((await asks('expected-tools', seed, evidence)).verdict).toBe('passed');
  registry.register(spec('weather', { manifest: [{ ...tool('forecast'), inputSchema: SCHEMA }] }));
  expect((await asks('expected-tools', seed, evidence)).verdict).toBe('passed');
  expect((await asks('expected-tools', seedOf({ expected_tools: ['weather__forecast'] }), evidence)).verdict).toBe(
    'passed',
  );
  expect(await asks('expected-tools', seedOf({ expected_tools: ['weather/forecats'] }), evidence)).toEqual({
    verdict: 'failed',
    why: 'the registry knows no tool "weather/forecats"; nearest: "weather/forecast"',
  });
  const failing = await asks('arguments', seed, evidence);
  expect(failing.verdict).toBe('failed');
  expect(failing.why).toMatch(/city is missing|days /);
  const good = evidenceOf(['x', { tool: 'weather/forecast', args: { city: 'Oslo', days: '<PHONE_1>' } }]);
  expect((await asks('arguments', seed, good)).verdict).toBe('passed');
});
