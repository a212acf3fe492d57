import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { GapDetector, GapTool } from '#plugins/gap-detector/api';
import gapDetector from '../../../plugins/gap-detector/index.ts';
import { openPlugin } from '../open-plugin.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const registry = { snapshot: { version: 1, servers: new Map(), tools: new Map() } };
async function open(config = {}, services: Record<string, unknown> = { registry }): Promise<GapDetector> {
  const { plugin, close } = await openPlugin(gapDetector, config, services);
  closing.push(close);
  return plugin.detector;
}

const TOOLS: readonly GapTool[] = [
  {
    name: 'get_weather',
    description: 'Current weather and forecast of a city',
    parameters: { properties: { city: {} } },
  },
  { name: 'send_email', description: 'Sends an email to a person', parameters: { properties: { to: {}, body: {} } } },
  { name: 'query_database', description: 'Runs an SQL query', capabilities: ['sql', 'data_query'] },
];
const CHINESE: readonly GapTool[] = [
  { name: 'weather', description: '查询指定城市的天气预报' },
  { name: 'mail', description: '给指定的人发送电子邮件' },
];

test('what a tool is for is no gap, what none is for is one, and the missing is named', async () => {
  const detector = await open();
  const weather = await detector.analyze({ task: 'What is the weather forecast for the city of Rome?', tools: TOOLS });
  expect(weather).toMatchObject({ sufficient: true, strategy: 'retrieval', missing: [], cached: false });
  expect(weather.candidates[0]?.tool).toBe('get_weather');
  expect(weather.confidence).toBeGreaterThan(0.6);
  const diagram = await detector.analyze({ task: 'Draw a flowchart diagram of our login process', tools: TOOLS });
  expect(diagram.sufficient).toBe(false);
  expect(diagram.confidence).toBeGreaterThan(0.6);
  expect(diagram.missing[0]?.keywords).toContain('flowchart');
  expect(diagram.reasoning).toMatch(/too little/);
});

test('judges Chinese by pairs of characters, and owns up where the tools are described in English', async () => {
  const detector = await open();
  expect(await detector.analyze({ task: '请帮我查询北京的天气预报', tools: CHINESE })).toMatchObject({
    sufficient: true,
  });
  const gap = await detector.analyze({ task: '生成一张卡通风格的猫咪图片', tools: CHINESE });
  expect(gap.sufficient).toBe(false);
  expect(gap.missing[0]?.keywords.join()).toMatch(/图片/);
  const foreign = await detector.analyze({ task: '请帮我查询北京的天气预报', tools: TOOLS });
  expect(foreign.reasoning).toMatch(/Chinese/);
  expect(foreign.confidence).toBeLessThan(0.6);
});

test('named capabilities decide: each must be declared or described', async () => {
  const detector = await open();
  const ask = (...requiredCapabilities: string[]) =>
    detector.analyze({ task: 'x', tools: TOOLS, requiredCapabilities });
  expect(await ask('data_query', 'send email')).toMatchObject({ sufficient: true, missing: [] });
  const gap = await ask('sql', 'image_generation');
  expect(gap.sufficient).toBe(false);
  expect(gap.missing).toEqual([
    { capability: 'image_generation', priority: 'high', keywords: ['image generation', 'image', 'generation'] },
  ]);
});

test('without tools in the request the registry is judged, as it is now', async () => {
  const changing = { snapshot: registry.snapshot };
  const detector = await open({}, { registry: changing });
  const task = 'weather forecast for a city';
  expect(await detector.analyze({ task })).toMatchObject({ sufficient: false, reasoning: 'There are no tools.' });
  const tool = {
    id: 'sky/get_weather',
    capabilities: [],
    definition: { description: TOOLS[0]!.description, inputSchema: {} },
  };
  changing.snapshot = { version: 2, servers: new Map(), tools: new Map([[tool.id, tool]]) as never };
  expect((await detector.analyze({ task })).candidates[0]?.tool).toBe('sky/get_weather');
  expect(await detector.analyze({ task, tools: [] })).toMatchObject({ sufficient: false });
});

test('a request that cannot be judged is refused with the reason', async () => {
  const detector = await open({ maxTools: 2, maxTaskCharacters: 10 });
  const refused = { code: 'GAP_REQUEST_INVALID' };
  await expect(detector.analyze({ task: ' ' })).rejects.toMatchObject(refused);
  await expect(detector.analyze({ task: 'x'.repeat(11) })).rejects.toMatchObject(refused);
  await expect(detector.analyze({ task: 'x', tools: TOOLS })).rejects.toMatchObject(refused);
  await expect(detector.analyze({ task: 'x', tools: [{ name: '' }] })).rejects.toMatchObject(refused);
});

test('the threshold decides, whatever text comes; order of tools and repetition change nothing', async () => {
  const detector = await open({ coverageThreshold: 0.8 });
  const tool = fc.record({
    name: fc.string({ minLength: 1 }).filter((name) => name.trim() !== ''),
    description: fc.string(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.array(tool, { maxLength: 12 }),
      async (task, tools) => {
        if (task.trim() === '') return;
        const answer = await detector.analyze({ task, tools });
        expect(answer.sufficient).toBe(answer.coverage >= 0.8);
        expect(answer.coverage).toBeGreaterThanOrEqual(0);
        expect(answer.coverage).toBeLessThanOrEqual(1);
        expect(answer.confidence).toBeGreaterThanOrEqual(0);
        expect(answer.confidence).toBeLessThanOrEqual(1);
        expect(await detector.analyze({ task, tools })).toEqual(answer);
      },
    ),
    { numRuns: 150 },
  );
});
