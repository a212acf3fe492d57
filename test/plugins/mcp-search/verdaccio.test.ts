import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SearchEngine, SearchSource, ServerSearch } from '#plugins/mcp-search/api';
import mcpSearch from '../../../plugins/mcp-search/index.ts';
import toolSearch from '../../../plugins/tool-search/index.ts';
import { judgesInstalled } from '../../e2e/judges-installed.ts';
import { Verdaccio } from '../../support/verdaccio.ts';
import { openPlugin } from '../open-plugin.ts';
import { json, mcpRegistry, standIn } from './stand-ins.ts';

const SERVER = { 'server.cjs': "#!/usr/bin/env node\nrequire('node:fs');\n" };
const WEATHER = 'mcp-weather-forecast';
const DEADLINE_MS = 1_000;

describe.skipIf(!(await judgesInstalled('verdaccio')))('a real npm registry', () => {
  let npm: Verdaccio;
  const closing: (() => unknown)[] = [];
  const weather = (version: string) =>
    npm.publish({
      name: WEATHER,
      version,
      files: SERVER,
      manifest: {
        description: 'An MCP server with weather forecasts',
        keywords: ['mcp'],
        bin: { weather: 'server.cjs' },
        engines: { node: '>=18' },
      },
    });

  beforeAll(async () => {
    npm = await Verdaccio.start();
    await weather('1.0.0');
    const description = 'An MCP server with the weather of the moon, and nothing to run';
    await npm.publish({ name: '@moon/weather-mcp', version: '3.1.0', files: SERVER, manifest: { description } });
  }, 120_000);
  afterAll(() => npm?.close());
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  type Site = Parameters<typeof standIn>[0];
  async function open(
    sites: { readonly registry?: Site; readonly github?: Site } = {},
    more: Readonly<Record<string, SearchSource>> = {},
    services: object = {},
    isSearched = true,
  ) {
    const address = async (site: Site | undefined): Promise<string> => {
      if (site === undefined) return '';
      const { url, close } = await standIn(site);
      closing.push(close);
      return url;
    };
    const snapshot = { version: 1, servers: new Map(), tools: new Map() };
    const index = await openPlugin(toolSearch, {}, { registry: { snapshot } });
    closing.push(() => index.close());
    const opened = await openPlugin(
      mcpSearch,
      {
        catalog: 'no-such-folder',
        shipped: false,
        mode: 'remote',
        deadlineMs: DEADLINE_MS,
        registry: { url: await address(sites.registry) },
        github: { url: await address(sites.github) },
        npm: { url: npm.url, search: isSearched },
      },
      { ...(index.plugin as object), more: new Map(Object.entries(more)), ...services },
    );
    closing.push(() => opened.close());
    return (opened.plugin as unknown as { readonly engine: SearchEngine }).engine;
  }
  const states = ({ sources }: ServerSearch) => Object.fromEntries(sources.map(({ source, state }) => [source, state]));
  const known = async (name: string, version: string) => {
    const answer = await fetch(`${npm.url}${name.replace('/', '%2F')}`);
    return ((await answer.json()) as { versions: Record<string, { dist: { integrity: string } }> }).versions[version]!;
  };

  test('is searched: what is in it is offered with its version and checksum, what has nothing to run is not', async () => {
    const engine = await open();
    const found = await engine.search({ query: 'weather forecast', k: 5 });
    expect(states(found)).toEqual({ npm: 'ok' });
    expect(found.candidates).toMatchObject([
      {
        id: `npm:${WEATHER}`,
        verified: true,
        sources: ['npm'],
        distributions: [
          {
            kind: 'npm',
            package: WEATHER,
            version: '1.0.0',
            bin: 'weather',
            node: '>=18',
            integrity: (await known(WEATHER, '1.0.0')).dist.integrity,
          },
        ],
      },
    ]);
    expect(found.candidates[0]!.distributions[0]).toMatchObject({ integrity: expect.stringMatching(/^sha512-/) });
  });

  test('a package asked for by name is looked up in it, a newer version too, whatever the cache holds', async () => {
    const kept = new Map<string, unknown>();
    const cache = {
      space: () => ({
        through: async (key: string, compute: (signal: AbortSignal) => Promise<{ value: unknown }>) => {
          const { value } = kept.has(key) ? { value: kept.get(key) } : await compute(new AbortController().signal);
          kept.set(key, value);
          return { value, hit: false, ageMs: 0, stale: false };
        },
        set: async (key: string, value: unknown) => void kept.set(key, value),
        clear: async () => kept.clear(),
      }),
    };
    const engine = await open({}, {}, { cache });
    const versionOf = async () => (await engine.candidate(`npm:${WEATHER}`)).distributions[0];
    expect(await versionOf()).toMatchObject({ version: '1.0.0' });
    await weather('1.1.0');
    expect(await versionOf()).toMatchObject({
      version: '1.1.0',
      integrity: (await known(WEATHER, '1.1.0')).dist.integrity,
    });
    await expect(engine.candidate('npm:no-such-package')).rejects.toMatchObject({ code: 'CANDIDATE_UNKNOWN' });
    await expect(engine.candidate('npm:@moon/weather-mcp')).rejects.toMatchObject({ code: 'CANDIDATE_UNKNOWN' });
  }, 60_000);

  test('a registry of servers that tells of a package, or a version, which is not there is not believed', async () => {
    const description = 'Weather forecasts, the best of all weather forecasts';
    const engine = await open({
      registry: mcpRegistry([
        { name: 'io.example/liar', description, npm: 'mcp-weather-of-liars', version: '9.9.9' },
        { name: 'io.example/scoped', description, npm: '@liars/mcp-weather', version: '1.0.0' },
        { name: 'io.example/weather', description, npm: WEATHER, version: '1.0.0' },
      ]),
    });
    const found = await engine.search({ query: 'weather forecasts', k: 5 });
    expect(states(found)).toEqual({ registry: 'ok', npm: 'ok' });
    expect(found.candidates.map(({ id }) => id)).toEqual([`npm:${WEATHER}`]);
    expect(found.candidates[0]).toMatchObject({ verified: true, sources: ['registry', 'npm'] });
    const registry = mcpRegistry([{ name: 'io.example/weather', description, npm: WEATHER, version: '7.0.0' }]);
    const alone = await open({ registry }, {}, {}, false);
    expect((await alone.search({ query: 'weather forecasts', k: 5 })).candidates).toEqual([]);
    // Nor does it hide what others know.
    const beside = await open({ registry });
    expect((await beside.search({ query: 'weather forecasts', k: 5 })).candidates).toMatchObject([
      { id: `npm:${WEATHER}`, distributions: [{ version: '1.1.0' }] },
    ]);
  });

  test('slow, failing and limited sources hold nobody up beyond their deadline', async () => {
    const SLOW_MS = DEADLINE_MS * 8;
    const began = performance.now();
    const engine = await open(
      {
        registry: (_request, response) => void setTimeout(() => json(response, { servers: [] }), SLOW_MS).unref(),
        github: (_request, response) =>
          json(response, {}, 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }),
      },
      {
        broken: { search: () => fetch('http://127.0.0.1:9/').then(() => []) },
        deaf: { search: () => new Promise(() => {}) },
      },
    );
    const found = await engine.search({ query: 'weather forecast', k: 5 });
    expect(performance.now() - began).toBeLessThan(SLOW_MS);
    expect(found.candidates.map(({ id }) => id)).toEqual([`npm:${WEATHER}`]);
    expect(states(found)).toEqual({
      registry: 'timeout',
      github: 'limited',
      npm: 'ok',
      broken: 'failed',
      deaf: 'timeout',
    });
    expect(found.sources.find(({ source }) => source === 'github')?.retryAt).toBe(99_999_999_999_000);
    // Limited once: not asked again before its time. The rest still waits for the slow ones only.
    const again = await engine.search({ query: 'weather forecast tomorrow', k: 5 });
    expect(again.sources.find(({ source }) => source === 'github')).toMatchObject({ state: 'limited' });

    const failing = await open({ registry: (_request, response) => json(response, {}, 500) });
    expect(states(await failing.search({ query: 'weather forecast', k: 5 }))).toEqual({
      registry: 'failed',
      npm: 'ok',
    });
  });
});
