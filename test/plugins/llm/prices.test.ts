import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { LLM } from '#plugins/llm/api';
import { TELEMETRY } from '#plugins/telemetry/api';
import { bootKernel } from '../../support/boot-kernel.ts';
import { bench, failing, request } from './model-under-test.ts';

const at = bench();
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'prices-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const file = (text: string): string => {
  const path = join(dir, `${Math.random()}.yaml`);
  writeFileSync(path, text);
  return path;
};
const PRICES = `models:
  small*: { input: 1, output: 2 }
  small-new*: { input: 10, output: 20, cacheRead: 1, cacheWrite: 15 }
  small-new-x: { input: 0, output: 0 }
  "*": { input: 100, output: 100 }
`;

test.each([
  ['small-old', 1 * 1_000 + 2 * 100],
  ['small-new-1', 10 * 300 + 1 * 500 + 15 * 200 + 20 * 100],
  ['vendor/small-new-1', 10 * 300 + 1 * 500 + 15 * 200 + 20 * 100],
  ['SMALL-NEW-X', 0],
  ['another', 100 * 1_100],
])('the longest name that fits %s says what a call costs', async (model, micro) => {
  at.model.answer = () => ({ text: 'x', usage: { input: 1_000, output: 100, cacheRead: 500, cacheWrite: 200 } });
  const llm = await at.llm({ provider: 'anthropic', model, prices: file(PRICES) });
  const { usd } = await llm.chat(request);
  expect(usd).toBeCloseTo(micro / 1_000_000, 9);
});

test('a model without price has none; the shipped prices know the well-known models', async () => {
  const llm = await at.llm({
    profiles: { known: { model: 'gpt-4o-mini' }, claude: { model: 'anthropic/claude-sonnet-4-5' } },
  });
  expect(await llm.chat({ ...request, run: 'a' })).not.toHaveProperty('usd');
  const { usd } = await llm.chat({ ...request, run: 'a', profile: 'known' });
  expect(usd).toBeGreaterThan(0);
  const wanted = { system: 's', user: 'u', name: 'n', schema: z.object({}), run: 'a', profile: 'claude' };
  at.model.answer = () => ({ text: '{}' });
  expect((await llm.object(wanted)).usd).toBeGreaterThan(0);
  expect(llm.spent({ run: 'a' })).toMatchObject({ calls: 3, unpriced: 1, input: 300, output: 60 });
  expect(llm.spent({ model: 'gpt-4o-mini' })).toMatchObject({ calls: 1, unpriced: 0, usd });
  expect(llm.spent({ run: 'nobody' })).toMatchObject({ calls: 0, usd: 0 });
});

test('a file with a mistake is told with its place, and stops nobody', async () => {
  const llm = await at.llm({ prices: file('models:\n  a: { input: 1 }\n  b: { input: cheap, output: 1 }\n') });
  expect((await llm.chat(request)).usd).toBeUndefined();
  const [line] = at.kernel.lines.filter(({ msg }) => msg.includes('LLM_PRICES_INVALID'));
  expect(line!.msg).toMatch(/:2:\d+ .*output.*; .*:3:\d+ .*input/);
  expect(at.kernel.status().plugins.find(({ id }) => id === 'llm')!.health).toMatchObject({ ok: false });
});

test('what a failed call used counts; runs that were not used for long are forgotten', async () => {
  const llm = await at.llm({ runsKept: 2, retries: 0 });
  at.model.answer = () => ({ text: 'Half of an answer', cutAfter: 3 });
  await failing(llm.chat({ ...request, run: 'cut' }));
  expect(llm.spent({ run: 'cut' })).toMatchObject({ calls: 1, unpriced: 1 });
  expect(llm.spent({ run: 'cut' }).input).toBeGreaterThan(0);
  at.model.answer = () => ({ text: 'Hello.' });
  for (const run of ['a', 'cut', 'b']) await llm.chat({ ...request, run });
  expect(['a', 'cut', 'b'].map((run) => llm.spent({ run }).calls)).toEqual([0, 2, 1]);
});

test('calls, tokens and money are counted for Prometheus', async () => {
  const llm = await at.llm({ model: 'gpt-4o', retries: 0 }, { telemetry: {} });
  at.model.answer = () => ({ text: 'x', usage: { input: 1_000, output: 100, cacheRead: 400 } });
  await llm.chat(request);
  at.model.answer = () => ({ status: 401 });
  await failing(llm.chat(request));
  const { text } = await at.kernel.get(TELEMETRY).metrics();
  expect(text).toContain('datapresso_llm_calls_total{model="gpt-4o",outcome="ok"} 1');
  expect(text).toContain('datapresso_llm_calls_total{model="gpt-4o",outcome="LLM_REFUSED"} 1');
  expect(text).toContain('datapresso_llm_tokens_total{model="gpt-4o",kind="cache_read"} 400');
  expect(text).toMatch(/datapresso_llm_usd_total\{model="gpt-4o"\} 0\.003/);
});

test('what was used is still known after the plugin is swapped', async () => {
  const model = { url: at.model.url, model: 'm' };
  const kernel = await bootKernel({ plugins: { llm: model }, watch: true, limits: { drainMs: 100 } });
  try {
    await kernel.watching();
    const llm = kernel.get(LLM);
    await llm.chat({ ...request, run: 'a' });
    const pipeline = JSON.parse(readFileSync(kernel.file, 'utf8'));
    pipeline.plugins.llm.model = 'n';
    writeFileSync(kernel.file, JSON.stringify(pipeline));
    await expect.poll(() => llm.model(), { timeout: 10_000 }).toBe('n');
    await llm.chat({ ...request, run: 'a' });
    expect(llm.spent({ run: 'a' })).toMatchObject({ calls: 2, input: 200 });
  } finally {
    await kernel.stop();
  }
});
