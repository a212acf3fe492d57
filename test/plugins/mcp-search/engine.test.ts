import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { SearchEngine } from '#plugins/mcp-search/api';
import type { ToolSearch } from '#plugins/tool-search/api';
import mcpSearch from '../../../plugins/mcp-search/index.ts';
import toolSearch from '../../../plugins/tool-search/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { json, mcpRegistry, npmRegistry, standIn } from './stand-ins.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const CATALOG = `servers:
  - name: memory
    description: Remembers facts as a graph of entities and relations
    capabilities: [memory, knowledge_graph]
    npm: { package: memory-server, version: 1.0.0 }
`;
type Handler = Parameters<typeof standIn>[0];
interface Sites {
  readonly registry?: Handler;
  readonly github?: Handler;
  readonly npm?: Handler;
}

async function open(sites: Sites, config = {}, catalog = CATALOG, services: object = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'catalog-'));
  closing.push(() => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, 'mine.yaml'), catalog);
  const start = async (handler: Handler | undefined) => {
    if (handler === undefined) return undefined;
    const site = await standIn(handler);
    closing.push(() => site.close());
    return site;
  };
  const [registry, github, npm] = [await start(sites.registry), await start(sites.github), await start(sites.npm)];
  const snapshot = { version: 1, servers: new Map(), tools: new Map() };
  const index = await openPlugin(toolSearch, {}, { registry: { snapshot } });
  closing.push(() => index.close());
  const opened = await openPlugin(
    mcpSearch,
    {
      catalog: folder,
      shipped: false,
      loadAfterMs: 0,
      deadlineMs: 1_000,
      registry: { url: registry?.url ?? '' },
      github: { url: github?.url ?? '' },
      npm: { url: npm?.url ?? 'http://127.0.0.1:9', search: false },
      ...config,
    },
    { ...(index.plugin as object), ...services },
  );
  closing.push(() => opened.close());
  const { engine } = opened.plugin as unknown as { readonly engine: SearchEngine };
  const { search } = index.plugin as unknown as { readonly search: ToolSearch };
  return { engine, index: search, lines: opened.lines, folder, registry, npm, health: () => opened.plugin.health?.() };
}

test('the catalog answers alone where it answers well, with the version pinned and the reasons told', async () => {
  const { engine, registry } = await open({
    registry: mcpRegistry([]),
    npm: npmRegistry({ 'memory-server': { version: '1.0.0', bin: 'memory' } }),
  });
  const { candidates, sources } = await engine.search({
    query: 'remember facts as a graph',
    capabilities: ['knowledge_graph'],
    k: 5,
  });
  expect(candidates[0]).toMatchObject({
    id: 'npm:memory-server',
    verified: true,
    distributions: [{ kind: 'npm', version: '1.0.0', integrity: 'sha512-x', bin: 'memory' }],
    sources: ['catalog'],
  });
  expect(candidates[0]!.reasons.join('; ')).toMatch(/declares knowledge_graph/);
  expect(sources).toMatchObject([
    { source: 'catalog', state: 'ok' },
    { source: 'registry', state: 'skipped' },
  ]);
  expect(registry!.requests).toEqual([]);
});

test('a name that is an address is asked of nobody', async () => {
  const names = ['http:\\\\127.0.0.1:9\\latest', 'http:127.0.0.1:9', 'a/../../-/whoami', '@a/b/c', '..'];
  const { engine, npm } = await open({
    registry: mcpRegistry(
      names.map((npm, n) => ({
        name: `io.example/weather-${n}`,
        description: 'Weather forecasts',
        npm,
        version: '1.0.0',
      })),
    ),
    npm: npmRegistry({}),
  });
  expect((await engine.search({ query: 'weather forecast', k: 5 })).candidates).toEqual([]);
  expect(npm!.requests).toEqual([]);
  await expect(engine.candidate('npm:a/../../-/whoami')).rejects.toMatchObject({ code: 'CANDIDATE_UNKNOWN' });
  expect(npm!.requests).toEqual([]);
});

test('what was taken out of the index by others is found again', async () => {
  const { engine, index } = await open({ npm: npmRegistry({ 'memory-server': { version: '1.0.0', bin: 'memory' } }) });
  const ids = async () =>
    (await engine.search({ query: 'remember facts as a graph', k: 5 })).candidates.map(({ id }) => id);
  expect(await ids()).toEqual(['npm:memory-server']);
  await index.unload('catalog');
  expect(await ids()).toEqual(['npm:memory-server']);
});

test('slow, failing, limited and lying sources cost only what is theirs', async () => {
  const { engine } = await open(
    {
      registry: mcpRegistry([
        { name: 'io.example/weather', description: 'Weather forecasts', npm: 'weather-mcp', version: '2.0.0' },
        {
          name: 'io.example/liar',
          description: 'Weather forecasts for liars',
          npm: 'no-such-package',
          version: '1.0.0',
        },
      ]),
      github: (_request, response) =>
        json(response, {}, 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }),
      npm: npmRegistry({ 'weather-mcp': { version: '2.0.0', bin: 'weather' } }),
    },
    { deadlineMs: 500 },
  );
  const { candidates, sources } = await engine.search({ query: 'weather forecast', k: 5 });
  expect(candidates.map(({ id }) => id)).toEqual(['npm:weather-mcp']);
  const states = Object.fromEntries(sources.map(({ source, state }) => [source, state]));
  expect(states).toEqual({ catalog: 'ok', registry: 'ok', github: 'limited' });
  expect(sources.find(({ source }) => source === 'github')?.retryAt).toBe(99_999_999_999_000);
});

test('a source that never answers is left out at its deadline; one that fails is named', async () => {
  const { engine } = await open(
    { registry: () => undefined, github: (_request, response) => json(response, {}, 500), npm: npmRegistry({}) },
    { deadlineMs: 200, mode: 'remote' },
  );
  const began = performance.now();
  const { candidates, sources } = await engine.search({ query: 'weather', k: 5 });
  expect(candidates).toEqual([]);
  expect(Object.fromEntries(sources.map(({ source, state }) => [source, state]))).toEqual({
    registry: 'timeout',
    github: 'failed',
  });
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('without a network the catalog is still named, as not looked up; others are not believed', async () => {
  const { engine } = await open({
    registry: mcpRegistry([
      { name: 'io.example/memory', description: 'Memory graph of facts', npm: 'other-memory', version: '1.0.0' },
    ]),
  });
  const { candidates } = await engine.search({ query: 'remember facts as a graph', k: 5, mode: 'hybrid' });
  expect(candidates).toMatchObject([{ id: 'npm:memory-server', verified: false }]);
  expect(candidates[0]!.reasons.join('; ')).toMatch(/could not be looked up/);
});

test('a mistake in a catalog file is told with its place; what was there before stays', async () => {
  const { engine, folder, lines, health } = await open({
    npm: npmRegistry({ 'memory-server': { version: '1.0.0', bin: 'm' } }),
  });
  expect((await engine.search({ query: 'remember facts', k: 1 })).candidates).toHaveLength(1);
  await writeFile(path.join(folder, 'mine.yaml'), CATALOG.replace('capabilities', 'capabilitys'));
  await expect.poll(() => health()?.ok).toBe(false);
  expect(lines.find(({ level }) => level === 'error')?.fields.reason).toMatch(
    /mine\.yaml:4:5 .*did you mean "capabilities"/,
  );
  expect((await engine.search({ query: 'remember facts', k: 1 })).candidates).toHaveLength(1);
});

test('an answer that is kept over a restart counts only for the catalog that it was found in', async () => {
  const kept = new Map<string, { value: unknown }>();
  const space = {
    through: async (key: string, compute: (signal: AbortSignal) => Promise<{ value: unknown }>) => {
      const hit = kept.has(key);
      if (!hit) kept.set(key, await compute(new AbortController().signal));
      return { value: kept.get(key)!.value, hit, ageMs: 0, stale: false };
    },
    clear: async () => kept.clear(),
  };
  const asked = { query: 'remember facts', k: 1, mode: 'local' } as const;
  const search = async (catalog: string) =>
    (await open({}, {}, catalog, { cache: { space: () => space } })).engine.search(asked);
  expect(await search(CATALOG)).toMatchObject({ cached: false, candidates: [{ id: 'npm:memory-server' }] });
  expect(await search(CATALOG)).toMatchObject({ cached: true });
  const other = await search(CATALOG.replace('memory-server', 'better-memory'));
  expect(other).toMatchObject({ cached: false, candidates: [{ id: 'npm:better-memory' }] });
});

test('a candidate by its identity: looked up, or unknown', async () => {
  const { engine } = await open({ npm: npmRegistry({ 'weather-mcp': { version: '2.0.0', bin: 'weather' } }) });
  expect(await engine.candidate('npm:weather-mcp')).toMatchObject({ verified: true, relevance: 1 });
  await expect(engine.candidate('npm:no-such')).rejects.toMatchObject({ code: 'CANDIDATE_UNKNOWN' });
  await expect(engine.search({ query: ' ', k: 1 })).rejects.toMatchObject({ code: 'SEARCH_QUERY_INVALID' });
});
