import { afterEach, beforeEach, expect, test } from 'vitest';
import { fault } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { Storage } from '#plugins/storage/api';
import type { CatalogDocument, SearchHit, ToolSearch } from '#plugins/tool-search/api';
import toolSearch from '../../../plugins/tool-search/index.ts';
import { type EmbeddingEndpoint, standInVector, startEmbeddingEndpoint } from '../../support/embedding-endpoint.ts';
import { until } from '../../support/workbench.ts';
import { openPlugin } from '../open-plugin.ts';
import { onBothDialects } from '../storage/both-dialects.ts';

const tool = (name: string, description: string): CatalogDocument => ({ id: name, kind: 'tool', name, description });
const CATALOG = [
  tool('wx', 'Weather forecast of a city'),
  tool('rm', 'Removes a directory from disk'),
  tool('camera', 'Shows a picture of the street'),
  tool('query_database', 'Runs SQL against a database'),
];
/** Shares no word, and no spelling, with the tool that it means. */
const NEED = 'climate outlook';
const BY_WORDS = 'the embedding endpoint did not answer: found by words';

let endpoint: EmbeddingEndpoint;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  endpoint = await startEmbeddingEndpoint();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await endpoint.close();
});

/** The least that speaks the protocol; faults as the interface promises them. */
function llmAt(url: string, model: string | undefined = 'stand-in'): Llm & { embeddingModel: string | undefined } {
  return {
    embeddingModel: model,
    price: () => undefined,
    profiles: ['default'],
    model: () => undefined,
    object: () => Promise.reject(fault('LLM_NOT_CONFIGURED', 'no model')),
    chat: () => Promise.reject(fault('LLM_NOT_CONFIGURED', 'no model')),
    spent: () => ({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, calls: 0, usd: 0, unpriced: 0 }),
    async embed(texts, signal) {
      const body = JSON.stringify({ model: this.embeddingModel, input: texts });
      const answer = await fetch(`${url}/embeddings`, { method: 'POST', body, ...(signal && { signal }) });
      if (!answer.ok) {
        const code = { 400: 'LLM_REFUSED', 429: 'LLM_LIMITED' }[answer.status] ?? 'LLM_UNAVAILABLE';
        throw fault(code, `the endpoint said ${answer.status}`);
      }
      const { data } = (await answer.json()) as { data: { embedding: number[] }[] };
      return data.map(({ embedding }) => Float32Array.from(embedding));
    },
  };
}

type Config = Parameters<typeof toolSearch.config.parse>[0] & object;
async function open(config: Config, services: { llm?: Llm; storage?: Storage } = { llm: llmAt(endpoint.url) }) {
  let changed: ((change: { type: string }) => void) | undefined;
  const registry = {
    snapshot: { version: 1, servers: new Map(), tools: new Map<string, unknown>() },
    onChange: (listener: typeof changed) => {
      changed = listener;
      return () => {};
    },
  };
  const opened = await openPlugin(toolSearch, config, { registry, ...services });
  closing.push(opened.close);
  const search = opened.plugin.search as ToolSearch;
  const detail = () =>
    opened.plugin.health!().detail!.embedding as { vectors: number; waiting: number; answers: boolean };
  return {
    ...opened,
    search,
    detail,
    install: (tools: Map<string, unknown>) => {
      registry.snapshot = { version: registry.snapshot.version + 1, servers: new Map(), tools };
      changed?.({ type: 'tool_installed' });
    },
    embedded: (count: number) => until(`${count} vectors`, () => detail().vectors === count && detail().waiting === 0),
  };
}
const hits = (search: ToolSearch, query: string, k = 5): Promise<readonly SearchHit[]> =>
  search.search({ query, k, scope: 'catalog' });
const names = (found: readonly SearchHit[]) => found.map(({ name }) => name);
const texts = () => endpoint.requests.flat();

test('hybrid finds what words alone do not, and says how alike it is', async () => {
  const { search: words } = await open({});
  await words.load('mine', CATALOG);
  expect(names(await hits(words, NEED))).not.toContain('wx');

  const { search, embedded } = await open({ strategy: 'hybrid', embedding: { batch: 3 } });
  await search.load('mine', CATALOG);
  await embedded(4);
  const [first] = await hits(search, NEED);
  const [one, other] = [standInVector(NEED), standInVector('wx\nWeather forecast of a city')];
  const cosine = one.reduce((sum, value, n) => sum + value * other[n]!, 0);
  expect(first).toMatchObject({ name: 'wx', reasons: [`meaning: ${cosine.toFixed(2)} alike`] });
  const [exact] = await hits(search, 'query a database');
  expect(exact?.name).toBe('query_database');
  expect(exact?.reasons).toContain('name: query, database');
  // Two batches for the documents, one request a query.
  expect(endpoint.requests.map((request) => request.length)).toEqual([3, 1, 1, 1]);
});

test('strategy embedding goes by meaning alone, and by words for what has no vector yet', async () => {
  const { search, embedded, install } = await open({ strategy: 'embedding', embedding: { maxTexts: 3 } });
  await search.load('mine', CATALOG.slice(0, 3));
  await embedded(3);
  expect(names(await hits(search, 'erases a directory'))).toEqual(['rm']);
  expect(names(await hits(search, 'street photo'))).toEqual(['camera']);
  await search.load('mine', CATALOG);
  expect(await hits(search, 'SQL database')).toMatchObject([
    { name: 'query_database', reasons: [expect.any(String), expect.any(String), 'has no vector yet: found by words'] },
  ]);
  const definition = { name: 'seal', description: 'Seals a letter', inputSchema: {} };
  const installed = { id: 'post/seal', server: 'post', name: 'seal', definition, capabilities: [] };
  await search.unload('mine');
  install(new Map([['post/seal', installed]]));
  await embedded(1);
  const found = await search.search({ query: 'correspondence', k: 5, kind: 'tool' });
  expect(found.map(({ id }) => id)).toEqual(['post/seal']);
});

test('queries are embedded once while they are remembered; two searches at a time do not disturb each other', async () => {
  const { search, embedded } = await open({ strategy: 'hybrid', embedding: { queryCache: 2 } });
  await search.load('mine', CATALOG);
  await embedded(4);
  const before = endpoint.requests.length;
  for (const query of ['climate', 'photo', 'climate', 'erase', 'climate', 'photo']) await hits(search, query);
  expect(texts().slice(-4)).toEqual(['climate', 'photo', 'erase', 'photo']);
  expect(endpoint.requests.length - before).toBe(4);
  const many = await Promise.all([NEED, 'photograph', NEED, 'photograph'].map((query) => hits(search, query)));
  expect(many.map((found) => found[0]?.name)).toEqual(['wx', 'camera', 'wx', 'camera']);
});

test.each(['fail', 'hang', 'limit'] as const)(
  'an endpoint that comes to %s: words answer, say so, and it recovers',
  async (mode) => {
    // A stalled machine is no outage.
    const ms = mode === 'hang' ? 250 : 5_000;
    const { search, embedded, detail, lines } = await open({
      strategy: 'hybrid',
      embedding: { queryTimeoutMs: ms, timeoutMs: ms, retryMs: 50, maxRetryMs: 200, queryCache: 0 },
    });
    await search.load('mine', CATALOG);
    await embedded(4);
    endpoint.mode = mode;
    await search.load('mine', [tool('post', 'Sends a letter')]);
    for (let n = 0; n < 5; n++) {
      const found = await hits(search, 'picture of the street');
      expect(found[0]).toMatchObject({ name: 'camera', reasons: [expect.stringContaining('picture'), BY_WORDS] });
    }
    expect(names(await hits(search, NEED))).not.toContain('wx');
    const failed = endpoint.requests.length;
    for (let n = 0; n < 20; n++) await hits(search, NEED);
    expect(endpoint.requests.length - failed).toBeLessThan(20);
    const said = () => lines.filter(({ sentence }) => sentence.startsWith('The embedding endpoint'));
    expect(said().map(({ level }) => level)).toEqual(['warn']);

    endpoint.mode = 'answer';
    await embedded(5);
    await until('an answer by meaning', async () => (await hits(search, NEED))[0]?.name === 'wx');
    await until('an answering endpoint', () => detail().answers);
    expect(said().map(({ level }) => level)).toEqual(['warn', 'info']);
  },
);

test('an endpoint that hangs from the start costs no query any time', async () => {
  endpoint.mode = 'hang';
  const { search } = await open({ strategy: 'hybrid', embedding: { timeoutMs: 100, queryTimeoutMs: 60_000 } });
  await search.load('mine', CATALOG);
  expect((await hits(search, 'weather'))[0]).toMatchObject({ name: 'wx' });
  await until('a failure', async () => (await hits(search, 'weather'))[0]?.reasons.includes(BY_WORDS));
});

test('a text that the model refuses costs only itself', async () => {
  endpoint.refuse = 'poison';
  const { search, embedded, lines } = await open({ strategy: 'hybrid', embedding: { batch: 2, retryMs: 10 } });
  const documents = [
    ...CATALOG,
    tool('bad', 'poison'),
    ...CATALOG.map((each) => ({ ...each, id: `${each.id}2`, name: `${each.name}2` })),
  ];
  await search.load('mine', documents);
  await until('all but one', () => texts().includes('query_database2\nRuns SQL against a database'));
  await until('the line', () => lines.some(({ sentence }) => sentence.includes('is not embedded')));
  expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  await embedded(8);
  // A query that is refused is no outage either.
  expect((await hits(search, 'poison'))[0]).toMatchObject({ name: 'bad', reasons: ['description: poison', BY_WORDS] });
  expect(
    (await hits(search, NEED))
      .slice(0, 2)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['wx', 'wx2']);
});

test('without a model one warning says what to set, and words answer; a model that comes later is used', async () => {
  const { search, lines } = await open({ strategy: 'embedding' }, {});
  await search.load('mine', CATALOG);
  expect((await hits(search, 'weather'))[0]).toMatchObject({ name: 'wx', reasons: ['description: weather'] });
  expect(lines).toMatchObject([{ level: 'warn', fields: { hint: expect.stringContaining('llm.embedding.model') } }]);

  const llm = llmAt(endpoint.url);
  llm.embeddingModel = undefined;
  const late = await open({ strategy: 'embedding' }, { llm });
  await late.search.load('mine', CATALOG);
  expect(names(await hits(late.search, 'weather'))).toEqual(['wx']);
  llm.embeddingModel = 'late';
  await hits(late.search, 'weather');
  await late.embedded(4);
  expect((await hits(late.search, NEED))[0]?.name).toBe('wx');
});

onBothDialects('vectors of tool-search', ({ on, open: openStorage }) => {
  const rows = async (storage: Storage) =>
    (await storage.all('SELECT model, hash FROM tool_search_vectors')).map(({ model }) => model);
  const config = { strategy: 'hybrid', embedding: { keepUnusedMs: 0 } } as const;

  on('a restart and a reload of the catalog embed nothing again; another model does', async () => {
    const { storage } = await openStorage();
    const llm = llmAt(endpoint.url);
    const first = await open(config, { llm, storage });
    await first.search.load('mine', CATALOG);
    await first.embedded(4);
    await first.search.unload('mine');
    await first.search.load('yours', CATALOG);
    await first.embedded(4);
    expect(texts()).toHaveLength(4);
    await first.close();

    const second = await open(config, { llm, storage });
    await second.embedded(4);
    expect((await hits(second.search, NEED))[0]?.name).toBe('wx');
    expect(texts().slice(4)).toEqual([NEED]);

    llm.embeddingModel = 'another';
    await hits(second.search, NEED);
    await until('vectors of the other model', () => texts().length >= 9);
    await second.embedded(4);
    expect((await hits(second.search, NEED))[0]?.name).toBe('wx');
    await until('no rows of the first', async () => (await rows(storage)).every((model) => model === 'another'));
  });

  on('rows that no text uses are deleted, others stay', async () => {
    const { storage } = await openStorage();
    const { search, embedded } = await open(config, { llm: llmAt(endpoint.url), storage });
    await search.load('mine', CATALOG);
    await embedded(4);
    await search.load('mine', [tool('wx', 'Sends a letter')]);
    await until('the rows in use', async () => texts().length === 5 && (await rows(storage)).length === 4);
    await search.unload('mine');
    await until('no rows', async () => (await rows(storage)).length === 0);
  });
});
