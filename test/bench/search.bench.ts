/**
 * How well and how fast needs are answered: `node test/bench/search.bench.ts [FOLDER]`. FOLDER holds retrieval sets
 * (`SET/catalog.jsonl`, `SET/queries.dev.jsonl`); default `../shared/data`. What many documents cost is measured in a
 * process of its own each: `node --expose-gc test/bench/search.bench.ts FOLDER catalog|installed|384|1536`.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Llm } from '../../plugins/llm/api.ts';
import type { ToolRegistry } from '../../plugins/tool-registry/api.ts';
import type { CatalogDocument, SearchQuery } from '../../plugins/tool-search/api.ts';
import { Catalog } from '../../plugins/tool-search/catalog.ts';
import { toolSearchConfig } from '../../plugins/tool-search/config.ts';
import { IndexedSearch } from '../../plugins/tool-search/engine.ts';
import { DocumentReader, LexicalIndex } from '../../plugins/tool-search/lexical.ts';
import { Meaning } from '../../plugins/tool-search/meaning/meaning.ts';
import { searchedDocument } from '../../plugins/tool-search/searched.ts';

interface Query {
  readonly query: string;
  /** Groups of ids; any id of a group is right. */
  readonly gold: readonly (readonly string[])[];
}

const SETS = ['mcpm', 'mcp-catalog', 'livemcpbench', 'metatool', 'sealtools', 'acebench-en', 'acebench-zh'];
const MANY = 50_000;
const PAIRS = path.join(import.meta.dirname, '../plugins/tool-search/chinese-pairs.json');
const folder = process.argv[2] ?? path.join(import.meta.dirname, '../../../shared/data');
if (!fs.existsSync(folder)) {
  console.log(`no retrieval sets in ${folder}: name their folder`);
  process.exit(0);
}

const lines = <T>(file: string): T[] =>
  fs
    .readFileSync(path.join(folder, file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
const at = (values: number[], share: number): string =>
  values.sort((a, b) => a - b)[Math.floor(values.length * share)]!.toFixed(2);
const mean = (values: readonly number[]): string =>
  (values.reduce((total, value) => total + value, 0) / values.length).toFixed(3);
const documents = lines<CatalogDocument>('mcp-catalog/catalog.jsonl');

if (process.argv[3] !== undefined) await scale(process.argv[3]);
else {
  for (const set of SETS) measure(set, lines(`${set}/catalog.jsonl`), lines(`${set}/queries.dev.jsonl`));
  const pairs = JSON.parse(fs.readFileSync(PAIRS, 'utf8')) as { query: string; any: string[] }[];
  const chinese = pairs.map(({ query, any }) => ({ query, gold: [any] }));
  measure('Chinese needs, English catalog', documents, chinese);
  for (const what of ['catalog', 'installed', '384', '1536'])
    spawnSync(process.execPath, ['--expose-gc', import.meta.filename, folder, what], { stdio: 'inherit' });
}

function measure(name: string, catalog: readonly CatalogDocument[], queries: readonly Query[]): void {
  const before = process.memoryUsage().rss;
  const begun = performance.now();
  const config = toolSearchConfig.parse({});
  const reader = new DocumentReader(config);
  const read = catalog.map((document) => reader.read(searchedDocument(document)));
  const index = new LexicalIndex(read, reader, config);
  const built = performance.now() - begun;
  const grew = (process.memoryUsage().rss - before) / 2 ** 20;
  const times: number[] = [];
  const gains: number[] = [];
  const recalls: number[] = [];
  for (const { query, gold } of queries) {
    const asked = performance.now();
    const found = index.search(query, 10).map(({ document }) => catalog[document]!.id);
    times.push(performance.now() - asked);
    const ranks = gold
      .map((group) => found.findIndex((id) => group.includes(id)))
      .map((rank) => (rank < 0 ? 10 : rank));
    const discount = (rank: number): number => 1 / Math.log2(rank + 2);
    const ideal = gold.slice(0, 10).reduce((total, _, rank) => total + discount(rank), 0);
    const hits = [...new Set(ranks.filter((rank) => rank < 10))];
    gains.push(hits.reduce((total, rank) => total + discount(rank), 0) / ideal);
    recalls.push(ranks.filter((rank) => rank < 5).length / gold.length);
  }
  console.log(
    `${name.padEnd(32)} nDCG@10 ${mean(gains)}  recall@5 ${mean(recalls)}  index ${built.toFixed(0)} ms` +
      `  query p50 ${at(times, 0.5)} p95 ${at(times, 0.95)} ms  +${grew.toFixed(0)} MiB`,
  );
}

/** The catalog, its tools, and tools made of two of them. */
function grown(): CatalogDocument[] {
  const tools = documents.flatMap(({ tools = [] }) => tools);
  const more = Array.from({ length: MANY - documents.length }, (_, n): CatalogDocument => {
    const one = tools[n % tools.length]!;
    const other = n < tools.length ? '' : (tools[(n * 7_919) % tools.length]!.description ?? '').slice(0, 120);
    return { id: `tool-${n}`, kind: 'tool', name: one.name, description: `${one.description ?? ''} ${other}` };
  });
  return [...documents, ...more];
}

interface Snapshot {
  version: number;
  servers: Map<string, unknown>;
  tools: Map<string, unknown>;
}

/** Through the engine, as a server runs it. */
async function scale(what: string): Promise<void> {
  const queries = lines<Query>('mcp-catalog/queries.dev.jsonl').map(({ query }) => query);
  if (what === 'installed') {
    const installed = installedServers();
    return engineOf(`${installed.servers.size} servers, ${installed.tools.size} tools`, installed, [], queries);
  }
  const many = grown();
  if (what !== 'catalog') return meaningOf(Number(what), many, queries);
  return engineOf('50,000 documents', { version: 0, servers: new Map(), tools: new Map() }, many, queries);
}

async function engineOf(
  name: string,
  snapshot: Snapshot,
  catalog: CatalogDocument[],
  queries: string[],
): Promise<void> {
  const config = toolSearchConfig.parse({});
  const offered = new Catalog(undefined, config);
  const search = new IndexedSearch({ snapshot } as unknown as ToolRegistry, offered, config);
  const before = resident();
  await search.load('many', catalog);
  const scope = catalog.length > 0 ? 'catalog' : 'installed';
  const first = await watched(() => search.search({ query: 'weather', k: 10, scope }));
  const grew = resident() - before;
  const times = await timesOf(search, queries, scope);
  if (scope === 'catalog') await search.load('many', [{ ...catalog[0]!, description: 'Counts sheep' }]);
  else change(snapshot);
  const next = await watched(() => search.search({ query: 'weather', k: 10, scope }));
  console.log(
    `${name.padEnd(32)} index ${first.took} ms (longest turn ${first.turn} ms)  after one change ${next.took} ms (${next.turn} ms)` +
      `  query p50 ${at(times, 0.5)} p95 ${at(times, 0.95)} ms  +${grew.toFixed(0)} MiB`,
  );
}

/** Hybrid, with vectors of an endpoint that takes no time. */
async function meaningOf(length: number, catalog: CatalogDocument[], queries: string[]): Promise<void> {
  const config = toolSearchConfig.parse({
    strategy: 'hybrid',
    embedding: { batch: 512, queryCache: 0, leastCosine: -1 },
  });
  const offered = new Catalog(undefined, config);
  const snapshot = { version: 0, servers: new Map(), tools: new Map() };
  const search = new IndexedSearch({ snapshot } as unknown as ToolRegistry, offered, config);
  let state = 1;
  const vector = (): Float32Array =>
    Float32Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return (state / 2 ** 31) * Math.sqrt(3 / length);
    });
  const embed = async (texts: readonly string[]) => texts.map(vector);
  const llm = { embeddingModel: 'none', embed } as unknown as Llm;
  const end = new AbortController();
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const before = resident();
  await search.load('many', catalog);
  const meaning = new Meaning({
    llm,
    storage: undefined,
    config,
    parts: () => search.parts(),
    log,
    signal: end.signal,
  });
  search.use(meaning);
  const begun = performance.now();
  const ended = meaning.begin();
  do await new Promise((resolve) => setTimeout(resolve, 20));
  while (meaning.detail.vectors === 0 || meaning.detail.waiting !== 0);
  const took = performance.now() - begun;
  const grew = resident() - before;
  const times = await timesOf(search, queries, 'catalog');
  console.log(
    `hybrid, ${catalog.length} documents, ${length} numbers`.padEnd(32) +
      ` indexed and embedded ${took.toFixed(0)} ms  query p50 ${at(times, 0.5)} p95 ${at(times, 0.95)} ms  +${grew.toFixed(0)} MiB`,
  );
  end.abort();
  await ended();
}

async function timesOf(
  search: IndexedSearch,
  queries: string[],
  scope: NonNullable<SearchQuery['scope']>,
): Promise<number[]> {
  const times: number[] = [];
  for (const query of queries) {
    const asked = performance.now();
    await search.search({ query, k: 10, scope });
    times.push(performance.now() - asked);
  }
  return times;
}

/** How long it took, and how long nobody else had a turn meanwhile. */
async function watched(work: () => Promise<unknown>): Promise<{ took: string; turn: string }> {
  let turn = 0;
  let done = false;
  let last = performance.now();
  const watch = (async () => {
    while (!done) {
      await nextTurn();
      turn = Math.max(turn, performance.now() - last);
      last = performance.now();
    }
  })();
  const begun = performance.now();
  await work();
  const took = performance.now() - begun;
  done = true;
  await watch;
  return { took: took.toFixed(0), turn: turn.toFixed(0) };
}

function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}

/** The catalog as if all of it were installed. */
function installedServers(): Snapshot {
  const snapshot: Snapshot = { version: 1, servers: new Map(), tools: new Map() };
  for (const { id, title, description, tools = [] } of documents) {
    const records = tools.map((definition) => {
      const tool = { id: `${id}/${definition.name}`, server: id, name: definition.name, definition, capabilities: [] };
      snapshot.tools.set(tool.id, tool);
      return tool;
    });
    snapshot.servers.set(id, { id, spec: { title, description }, info: {}, tools: records });
  }
  return snapshot;
}

function change(snapshot: Snapshot): void {
  const [id, tool] = [...snapshot.tools][0]!;
  snapshot.tools.set(id, { ...(tool as object) });
  snapshot.version++;
}
