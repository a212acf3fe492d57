import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SEARCH_ENGINE, type ServerSearch } from '#plugins/mcp-search/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { json, npmRegistry, standIn } from './stand-ins.ts';

const repository = (name: string) => ({
  full_name: `acme/${name}`,
  html_url: `https://github.com/acme/${name}`,
  description: 'Weather forecasts for agents',
  stargazers_count: 42,
  owner: { login: 'acme' },
});
const content = (file: object): object => ({ content: Buffer.from(JSON.stringify(file)).toString('base64') });

type Site = Awaited<ReturnType<typeof standIn>>;
let ownRepository = 'git+https://github.com/acme/weather-mcp.git';
let github: Site;
let npm: Site;
let kernel: BootedKernel;
let dir: string;
let isLimited: boolean;
beforeEach(async () => {
  isLimited = false;
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'github-'));
  github = await standIn((request, response) => {
    if (isLimited) return json(response, {}, 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' });
    if (request.url!.startsWith('/search/')) return json(response, { items: ['weather-mcp', 'notes'].map(repository) });
    if (request.url!.includes('weather-mcp')) return json(response, content({ name: 'weather-mcp', bin: 'x.js' }));
    return json(response, { message: 'Not Found' }, 404);
  });
  npm = await standIn((request, response) =>
    npmRegistry({ 'weather-mcp': { version: '2.0.0', bin: 'weather', repository: ownRepository } })(request, response),
  );
});
afterEach(async () => {
  await kernel.stop();
  await Promise.all([github.close(), npm.close()]);
  fs.rmSync(dir, { recursive: true, force: true });
});

async function start(spaces: object): Promise<void> {
  kernel = await bootKernel({
    plugins: {
      storage: { dir },
      'tool-registry': {},
      'tool-search': {},
      // Only what is asked of GitHub is to be kept here.
      cache: { spaces: { 'tool_discovery:mcp_search': { layers: [] }, ...spaces } },
      'mcp-search': {
        shipped: false,
        mode: 'remote',
        registry: { url: '' },
        github: { url: github.url },
        npm: { url: npm.url, search: false },
      },
    },
  });
}
const search = (query: string): Promise<ServerSearch> => kernel.get(SEARCH_ENGINE).search({ query, k: 5 });

test('what GitHub said is asked once, also that a repository has no package', async () => {
  await start({});
  for (let n = 0; n < 3; n++)
    expect((await search('weather forecast')).candidates.map(({ id }) => id)).toEqual(['npm:weather-mcp']);
  expect(github.requests).toHaveLength(3);
});

test('while GitHub allows no more, its earlier answers stand, and a new question says when it may be asked', async () => {
  await start({ 'tool_discovery:github_api': { ttlMs: 1, staleMs: 60_000 } });
  await search('weather forecast');
  isLimited = true;
  expect((await search('weather forecast')).candidates.map(({ id }) => id)).toEqual(['npm:weather-mcp']);
  const { candidates, sources } = await search('stock prices');
  expect(candidates).toEqual([]);
  expect(sources.find(({ source }) => source === 'github')).toMatchObject({
    state: 'limited',
    retryAt: 99_999_999_999_000,
  });
  const asked = github.requests.length;
  await search('exchange rates');
  expect(github.requests).toHaveLength(asked);
});

test("stars are the package's only where it names the repository, too", async () => {
  await start({});
  expect((await search('weather forecast')).candidates[0]!.publisher).toMatchObject({ name: 'acme', stars: 42 });
  await kernel.stop();
  fs.rmSync(dir, { recursive: true, force: true });
  ownRepository = 'https://github.com/evil/weather-mcp';
  await start({});
  const [candidate] = (await search('weather forecast')).candidates;
  expect(candidate!.publisher).not.toHaveProperty('stars');
  expect(candidate!.publisher!.name).not.toBe('acme');
});
