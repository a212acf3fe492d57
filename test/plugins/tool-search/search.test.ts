import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { CatalogDocument, ToolMatcher, ToolSearch } from '#plugins/tool-search/api';
import toolSearch from '../../../plugins/tool-search/index.ts';
import { openPlugin } from '../open-plugin.ts';

const registry = { snapshot: { version: 1, servers: new Map(), tools: new Map() } };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(config = {}, storage?: unknown) {
  const { plugin, close } = await openPlugin(toolSearch, config, { registry, storage });
  closing.push(close);
  return plugin as unknown as { readonly search: ToolSearch; readonly matcher: ToolMatcher };
}

const tool = (name: string, description: string): CatalogDocument => ({ id: name, kind: 'tool', name, description });
const CATALOG = [
  tool('create_issue', 'Opens an issue in a GitHub repository'),
  tool('listPullRequests', 'Lists the pull requests of a repository'),
  tool('query_database', 'Runs a SQL query against a SQLite database'),
  tool('render_chart', 'Draws a bar, line or pie chart as a picture'),
  tool('weather_forecast', '查询未来几天的天气预报'),
];
const names = async (search: ToolSearch, query: string, k = 3) =>
  (await search.search({ query, k, scope: 'catalog' })).map(({ name }) => name);

test('finds by words in any form, by parts of names, by pairs of Chinese characters', async () => {
  const { search } = await open();
  await search.load('mine', CATALOG);
  expect((await names(search, 'drawing charts'))[0]).toBe('render_chart');
  expect((await names(search, 'list pull request'))[0]).toBe('listPullRequests');
  expect((await names(search, '明天天气怎么样'))[0]).toBe('weather_forecast');
  expect(await names(search, 'zzzz qqqq')).toEqual([]);
});

test('finds what is typed wrong, and says why', async () => {
  const { search } = await open();
  await search.load('mine', CATALOG);
  const [first] = await search.search({ query: 'databse', k: 1, scope: 'catalog' });
  expect(first).toMatchObject({ name: 'query_database', source: 'mine', reasons: ['is spelt alike'] });
  const [issue] = await search.search({ query: 'open a GitHub issue', k: 1, scope: 'catalog' });
  expect(issue?.reasons).toEqual(['name: issue', 'description: open, github, issue']);
});

test('a Chinese need finds what is described in English', async () => {
  const { search } = await open();
  await search.load('mine', CATALOG);
  expect((await names(search, '帮我查询数据库'))[0]).toBe('query_database');
  expect((await names(search, '画一个饼图'))[0]).toBe('render_chart');
  const [first] = await search.search({ query: '画一个饼图', k: 1, scope: 'catalog' });
  expect(first?.reasons).toContain('description: draw, pie, chart');
  expect(await names(search, '龘龘')).toEqual([]);
});

test('a name that is said in full stands before one that is longer', async () => {
  const { search } = await open();
  await search.load('mine', [
    tool('get_battery_level_history_report', 'Reads the level of a battery'),
    tool('get_battery_level', 'Reads the level of a battery'),
  ]);
  expect(await names(search, 'battery level')).toEqual(['get_battery_level', 'get_battery_level_history_report']);
});

test('keeps sources apart; the same id again replaces; what is unloaded is gone', async () => {
  const { search } = await open();
  await search.load('one', [tool('alpha', 'counts sheep')]);
  await search.load('two', [tool('alpha', 'counts sheep'), tool('beta', 'counts sheep')]);
  expect(search.sources()).toEqual({ one: 1, two: 2 });
  expect((await search.search({ query: 'sheep', k: 9, source: 'two' })).map(({ source }) => source)).toEqual([
    'two',
    'two',
  ]);
  await search.load('one', [tool('alpha', 'shears goats')]);
  expect((await search.search({ query: 'goats', k: 9, source: 'one' })).map(({ id }) => id)).toEqual(['alpha']);
  expect(await search.unload('one')).toBe(1);
  expect(await search.search({ query: 'goats', k: 9, scope: 'catalog' })).toEqual([]);
});

test('refuses what would not fit, and keeps what was there', async () => {
  const { search } = await open({ maxDocuments: 2, maxDocumentBytes: 1_000 });
  await search.load('mine', [tool('alpha', 'counts sheep')]);
  await expect(search.load('mine', CATALOG)).rejects.toMatchObject({ code: 'CATALOG_FULL' });
  await expect(search.load('mine', [tool('beta', 'x'.repeat(2_000))])).rejects.toMatchObject({
    code: 'CATALOG_INVALID',
  });
  expect(search.sources()).toEqual({ mine: 1 });
});

test('the order in which documents came makes no difference to what is found', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(CATALOG, { minLength: CATALOG.length }),
      fc.constantFrom('repository', 'query', 'a picture of data', '天气'),
      async (order, query) => {
        const { search } = await open();
        await search.load('mine', order);
        const { search: other } = await open();
        await other.load('mine', CATALOG);
        const scores = async (of: ToolSearch) =>
          (await of.search({ query, k: 5, scope: 'catalog' })).map(({ name, score }) => `${name} ${score}`).sort();
        expect(await scores(search)).toEqual(await scores(other));
      },
    ),
    { numRuns: 40 },
  );
});

test('what was changed step by step is found as if it had been read at once', async () => {
  const step = fc.record({ source: fc.constantFrom('one', 'two'), documents: fc.subarray(CATALOG) });
  const found = async (search: ToolSearch) =>
    new Map(
      (await search.search({ query: 'list a repository database', k: 20, scope: 'catalog' })).map((hit) => [
        `${hit.source} ${hit.id} ${hit.reasons}`,
        hit.score,
      ]),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const { search } = await open();
      const { search: fresh } = await open();
      for (const { source, documents } of steps) {
        if (documents.length === 0) await search.unload(source);
        else await search.load(source, documents);
        await found(search);
      }
      for (const name of ['one', 'two']) {
        const last = steps.findLastIndex(({ source, documents }) => source === name && documents.length === 0);
        const since = steps.slice(last + 1).filter(({ source }) => source === name);
        if (since.length > 0)
          await fresh.load(
            name,
            since.flatMap(({ documents }) => documents),
          );
      }
      const [stepwise, atOnce] = [await found(search), await found(fresh)];
      expect([...stepwise.keys()].sort()).toEqual([...atOnce.keys()].sort());
      for (const [key, score] of stepwise) expect(score).toBeCloseTo(atOnce.get(key)!, 3);
    }),
    { numRuns: 40 },
  );
});

test('tools that come, change and go while others stay are found as they are', async () => {
  const definition = (description: string) => ({ name: 'seal', description, inputSchema: {} });
  const seal = (description: string) => ({
    id: 'post/seal',
    server: 'post',
    name: 'seal',
    definition: definition(description),
    capabilities: [],
  });
  const server = (state: string, spec: object, tools: unknown[]) => ({
    id: 'post',
    spec,
    info: {},
    tools,
    health: { state },
  });
  const changing = { snapshot: { version: 1, servers: new Map(), tools: new Map() } };
  const { plugin, close } = await openPlugin(toolSearch, {}, { registry: changing });
  closing.push(close);
  const search = plugin.search as ToolSearch;
  const ids = async (query: string) => (await search.search({ query, k: 9 })).map(({ id }) => id).sort();
  const become = (...servers: ReturnType<typeof server>[]) => {
    changing.snapshot = {
      version: changing.snapshot.version + 1,
      servers: new Map(servers.map((one) => [one.id, one])),
      tools: new Map(servers.flatMap(({ tools }) => tools.map((one) => [(one as { id: string }).id, one]))),
    };
  };
  const spec = { title: 'Post office' };
  const tools = [seal('Closes an envelope')];
  become(server('ready', spec, tools));
  expect(await ids('envelope')).toEqual(['post', 'post/seal']);
  become(server('failed', spec, tools));
  expect((await search.search({ query: 'envelope', k: 9, kind: 'server' })).map(({ id }) => id)).toEqual(['post']);
  become(server('failed', spec, [seal('Opens a parcel')]));
  expect(await ids('envelope')).toEqual([]);
  expect(await ids('parcel')).toEqual(['post', 'post/seal']);
  become(server('failed', { title: 'Railway' }, [seal('Opens a parcel')]));
  expect(await ids('railway')).toEqual(['post', 'post/seal']);
  become();
  expect(await ids('parcel')).toEqual([]);
});

test('the matcher tells how much of a need each text covers', async () => {
  const { matcher } = await open();
  const [database, chart, nothing] = matcher.match('query a SQLite database', [
    { name: 'query_database', description: 'Runs SQL against SQLite' },
    { name: 'render_chart', description: 'Draws charts from a database' },
    { name: 'sleep', description: 'Waits' },
  ]);
  expect(database!.coverage).toBeGreaterThan(0.95);
  expect(database!.shared).toContain('sqlite');
  expect(chart!.relevance).toBeLessThan(database!.relevance);
  expect(nothing).toMatchObject({ coverage: 0, shared: [] });
});
