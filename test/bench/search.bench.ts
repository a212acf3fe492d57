/**
 * How well and how fast needs are answered: `node test/bench/search.bench.ts [FOLDER]`. FOLDER holds retrieval sets
 * (`SET/catalog.jsonl`, `SET/queries.dev.jsonl`); default `../shared/data`.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { CatalogDocument } from '../../plugins/tool-search/api.ts';
import { toolSearchConfig } from '../../plugins/tool-search/config.ts';
import { LexicalIndex } from '../../plugins/tool-search/lexical.ts';
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

for (const set of SETS) measure(set, lines(`${set}/catalog.jsonl`), lines(`${set}/queries.dev.jsonl`));
const pairs = JSON.parse(fs.readFileSync(PAIRS, 'utf8')) as { query: string; any: string[] }[];
const chinese = pairs.map(({ query, any }) => ({ query, gold: [any] }));
measure('Chinese needs, English catalog', documents, chinese);
measure(`${MANY} documents`, grown(), lines('mcp-catalog/queries.dev.jsonl'));

function measure(name: string, catalog: readonly CatalogDocument[], queries: readonly Query[]): void {
  const before = process.memoryUsage().rss;
  const begun = performance.now();
  const index = new LexicalIndex(catalog.map(searchedDocument), toolSearchConfig.parse({}));
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
