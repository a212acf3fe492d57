import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GAP_DETECTOR, type GapAnswer, type GapRequest } from '#plugins/gap-detector/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { type ScriptedModel, scriptedModel } from '../../support/scripted-model.ts';

type Step = 'analyse' | 'toolkits' | 'tools';
type Script = Partial<Record<Step, (user: Record<string, never>) => unknown>>;

const weather = { name: 'weather/forecast', description: 'Weather of the next days at a place', parameters: ['place'] };
const mail = { name: 'mail/send', description: 'Sends an e-mail', parameters: ['to', 'text'] };
const backup = { name: 'smtp/send_mail', description: 'Sends a mail by SMTP', parameters: ['to', 'body'] };
const TASK = 'Mail me the weather of tomorrow in Oslo';

const needs = [
  { capability: 'Weather Forecast', keywords: ['weather'], priority: 'high' },
  { capability: 'send_email', keywords: ['email', 'smtp'], priority: 'high' },
];
const analysis = { intent: 'weather by mail', scenario: 'daily life', complexity: 'simple', needs };
const served = {
  needs: [
    { capability: 'weather_forecast', tool: 'weather/forecast', reason: 'forecasts' },
    { capability: 'send_email', tool: 'mail/send', reason: 'sends mail' },
  ],
  steps: [
    { goal: 'get the forecast', tool: 'weather/forecast', backups: [] },
    { goal: 'send it', tool: 'mail/send', backups: ['smtp/send_mail', 'mail/send', 'nobody/knows'] },
  ],
  reasoning: 'Both needs are served.',
  confidence: 0.9,
};

let model: ScriptedModel;
let kernel: BootedKernel;
let dir: string;
let script: Script;
beforeEach(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gap-llm-'));
  script = { analyse: () => analysis, tools: () => served };
  model = await scriptedModel(({ body }) => {
    const step = body.response_format.json_schema.name as Step;
    return { text: JSON.stringify(script[step]!(JSON.parse(body.messages[1].content))) };
  });
});
afterEach(async () => {
  await kernel.stop();
  await model.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

async function start(llm: object = {}, gap: object = {}): Promise<void> {
  kernel = await bootKernel({
    plugins: {
      storage: { dir },
      http: { port: 0 },
      'tool-registry': {},
      cache: {},
      llm: { url: model.url, model: 'm', retries: 0, ...llm },
      'gap-detector': { strategy: 'llm', ...gap },
    },
    limits: { drainMs: 100 },
  });
}
const analyze = (request: GapRequest): Promise<GapAnswer> => kernel.get(GAP_DETECTOR).analyze(request);
const steps = (): Step[] => model.asked.map(({ body }) => body.response_format.json_schema.name);

test('tools that serve every need are enough, with a plan whose backups exist', async () => {
  await start();
  const answer = await analyze({ task: TASK, tools: [weather, mail, backup] });
  expect(answer).toMatchObject({ sufficient: true, coverage: 1, confidence: 0.9, strategy: 'llm', missing: [] });
  expect(answer.plan).toEqual({
    toolkits: ['weather', 'mail', 'smtp'].map((name) => ({ name, reason: expect.any(String) })),
    steps: [
      { goal: 'get the forecast', tool: 'weather/forecast', backups: [] },
      { goal: 'send it', tool: 'mail/send', backups: ['smtp/send_mail'] },
    ],
  });
  expect(steps()).toEqual(['analyse', 'tools']);
});

test('a tool that the model made up serves nothing', async () => {
  await start();
  const answer = await analyze({ task: TASK, tools: [weather] });
  expect(answer).toMatchObject({ sufficient: false, coverage: 0.5, strategy: 'llm' });
  expect(answer.missing).toEqual([{ capability: 'send_email', priority: 'high', keywords: ['email', 'smtp'] }]);
  expect(answer.plan).toBeUndefined();
  expect(answer.candidates.map(({ tool }) => tool)).toEqual(['weather/forecast']);
});

test('what is only convenient does not make a gap', async () => {
  script.analyse = () => ({ ...analysis, needs: [needs[0], { ...needs[1], priority: 'low' }] });
  await start();
  expect(await analyze({ task: TASK, tools: [weather] })).toMatchObject({ sufficient: true });
});

test('a task that needs no tool is no gap', async () => {
  script = { analyse: () => ({ ...analysis, needs: [] }), tools: () => ({ ...served, needs: [], steps: [] }) };
  await start();
  expect(await analyze({ task: 'Translate "good morning" to French', tools: [] })).toMatchObject({
    sufficient: true,
    coverage: 1,
  });
});

test('of many tools, toolkits are chosen first, and only theirs are shown', async () => {
  const many = Array.from({ length: 90 }, (_, n) => ({
    name: `other${n % 9}/tool_${n}`,
    description: 'Something else',
  }));
  script.toolkits = () => ({ toolkits: [{ name: 'weather' }, { name: 'mail' }, { name: 'invented' }] });
  await start();
  const answer = await analyze({ task: TASK, tools: [...many, weather, mail] });
  expect(steps()).toEqual(['analyse', 'toolkits', 'tools']);
  const user = JSON.parse(model.asked[2]!.body.messages[1].content);
  expect(user.tools.map(({ name }: { name: string }) => name)).toEqual(['weather/forecast', 'mail/send']);
  expect(answer.plan?.toolkits.map(({ name }) => name)).toEqual(['weather', 'mail']);
});

test('a model that fails leaves it to words, which say so, and is asked again', async () => {
  await start();
  const answering = model.answer;
  model.answer = () => ({ status: 500, body: {} });
  const url = `${kernel.get(HTTP_SERVER).address.url}/api/v1/tools/analyze-gap`;
  const ask = async () => {
    const body = JSON.stringify({ task_description: 'weather forecast', current_tools: [weather] });
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return (await response.json()) as { gap_analysis: Record<string, unknown>; cache_info: { cached: boolean } };
  };
  const failed = await ask();
  expect(failed.gap_analysis).toMatchObject({
    strategy: 'retrieval',
    fallback: expect.stringContaining('did not answer'),
  });
  await ask();
  expect(kernel.lines.filter(({ msg }) => msg.includes('could not judge'))).toHaveLength(1);
  model.answer = answering;
  expect((await ask()).gap_analysis).toMatchObject({ strategy: 'llm' });
  expect((await ask()).cache_info.cached).toBe(true);
});

test('nonsense, a slow model and none at all leave it to words', async () => {
  script.analyse = () => 'no idea';
  await start({}, { llm: { timeoutMs: 300 } });
  expect((await analyze({ task: TASK, tools: [weather] })).fallback).toContain('no answer that fits');
  model.answer = () => ({ text: '{}', afterMs: 2_000 });
  expect((await analyze({ task: TASK, tools: [mail] })).fallback).toContain('longer than 300 ms');
  await kernel.stop();
  await start({ model: '' });
  expect(kernel.lines.filter(({ msg }) => msg.includes('No model is configured'))).toHaveLength(1);
  expect((await analyze({ task: TASK, tools: [weather] })).fallback).toContain('no model is configured');
});
