import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CACHE, type Cache, type Computed } from '#plugins/cache/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { type BootedKernel, bootKernel, fake } from '../../support/boot-kernel.ts';

/** Stands in for the cache plugin: keeps everything for good, and remembers the tags. */
const kept = new Map<string, Computed<unknown>>();
const keeping = {
  space: () => ({
    through: async (key: string, compute: (signal: AbortSignal) => Promise<Computed<unknown>>) => {
      const hit = kept.has(key);
      if (!hit) kept.set(key, await compute(new AbortController().signal));
      return { value: kept.get(key)!.value, hit, ageMs: hit ? 2_500 : 0, stale: false };
    },
  }),
} as unknown as Cache;

let kernel: BootedKernel;
let url: string;
let dir: string;
beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gap-detector-'));
  const plugins = { http: { port: 0 }, storage: { dir }, 'tool-registry': {}, 'gap-detector': {} };
  kernel = await bootKernel({ plugins, fakes: [fake(CACHE, keeping)] });
  url = `${kernel.get(HTTP_SERVER).address.url}/api/v1/tools/analyze-gap`;
});
afterAll(async () => {
  await kernel?.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

async function ask(body: unknown): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

test('answers in the shape of the seed, and says what came from the cache', async () => {
  const body = {
    task_description: 'Generate a picture of a cat in cartoon style',
    current_tools: [{ tool_id: 'python-executor', capabilities: ['code_execution', 'data_processing'] }],
    required_capabilities: ['image_generation'],
    context: { user_preferences: ['high_quality'], constraints: ['no_nsfw'] },
  };
  const { status, answer } = await ask(body);
  expect(status).toBe(200);
  expect(answer).toMatchObject({
    has_sufficient_tools: false,
    gap_analysis: { missing_capabilities: ['image_generation'], confidence_score: expect.any(Number) },
    recommendations: [{ capability: 'image_generation', priority: 'high', suggested_keywords: expect.any(Array) }],
    cache_info: { cached: false, cache_age_seconds: 0 },
  });
  expect((await ask(body)).answer.cache_info).toEqual({ cached: true, cache_age_seconds: 2 });
  expect([...kept.values()].map(({ tags }) => tags)).toEqual([[]]);
  await ask({ task_description: 'Generate a picture' });
  expect([...kept.values()].at(-1)?.tags).toEqual(['registry']);
});

test('bad input is a problem document that names the field', async () => {
  expect(await ask({ task_description: 'x', current_tools: [{}] })).toMatchObject({ status: 400 });
  expect(await ask({})).toMatchObject({ status: 400, answer: { code: 'GAP_REQUEST_INVALID' } });
  expect(await ask({ task_description: 7 })).toMatchObject({ status: 400 });
});
