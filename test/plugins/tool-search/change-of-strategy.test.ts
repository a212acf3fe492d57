import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { TOOL_SEARCH } from '#plugins/tool-search/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { type EmbeddingEndpoint, startEmbeddingEndpoint } from '../../support/embedding-endpoint.ts';
import { until } from '../../support/workbench.ts';

let kernel: BootedKernel | undefined;
let endpoint: EmbeddingEndpoint | undefined;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'strategy-'));
afterEach(async () => {
  await kernel?.stop();
  await endpoint?.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

test('one word in YAML changes the strategy of a server that runs, with the models of llm', async () => {
  endpoint = await startEmbeddingEndpoint();
  const plugins = (strategy: string) => ({
    storage: { dir },
    'tool-registry': {},
    llm: { embedding: { url: endpoint!.url, model: 'stand-in' } },
    'tool-search': { strategy },
  });
  kernel = await bootKernel({ plugins: plugins('lexical'), watch: true });
  await kernel.watching();
  const search = kernel.get(TOOL_SEARCH);
  const found = async () =>
    (await search.search({ query: 'climate outlook', k: 3, scope: 'catalog' })).map(({ name }) => name);
  const change = (strategy: string): void => {
    const pipeline = JSON.parse(fs.readFileSync(kernel!.file, 'utf8'));
    fs.writeFileSync(kernel!.file, JSON.stringify({ ...pipeline, plugins: plugins(strategy) }));
  };
  await search.load('mine', [
    { id: 'wx', kind: 'tool', name: 'wx', description: 'Weather forecast of a city' },
    { id: 'rm', kind: 'tool', name: 'rm', description: 'Removes a directory' },
  ]);
  expect(await found()).toEqual([]);
  expect(endpoint.requests).toEqual([]);

  for (const strategy of ['hybrid', 'embedding']) {
    change(strategy);
    await until(`an answer of ${strategy}`, async () => (await found())[0] === 'wx');
  }
  // The second strategy found the vectors of the first on disk.
  expect(endpoint.requests.flat().filter((text) => text.startsWith('wx'))).toHaveLength(1);
  change('lexical');
  await until('an answer by words', async () => (await found()).length === 0);
  expect(kernel.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});
