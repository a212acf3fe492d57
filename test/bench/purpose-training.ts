/**
 * Makes `plugins/gap-detector/purposes.bin`: `node test/bench/purpose-training.ts [FOLDER]`. FOLDER holds the retrieval sets
 * mcp-catalog, sealtools and livemcpbench. What a name, its tags or its parameters say and what its description says are a
 * pair, and so are a query and the tool that serves it; the sets that gaps are measured on are left out.
 */
import fs from 'node:fs';
import path from 'node:path';
import { theLexicon } from '../../plugins/gap-detector/lexicon.ts';
import { termsOf, weightOf } from '../../plugins/gap-detector/terms.ts';
import { type Pair, trainPairs } from './support/contrastive.ts';
import { packed } from './support/packed-vectors.ts';

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly category?: string;
  readonly server?: string;
  readonly tags?: readonly string[];
  readonly params?: readonly string[];
  readonly tools?: readonly { readonly name: string; readonly description?: string }[];
}
interface Query {
  readonly query: string;
  readonly lang: string;
  readonly gold: readonly (readonly string[])[];
}
const MOST_CHARACTERS = 600;
const MOST_TOOLS = 10;
/** There are far fewer queries than descriptions, and they are what is asked in the end. */
const REPEATED = 4;
/** Of tools so many are paired with their server's description too. */
const EVERY = 3;

const folder = process.argv[2] ?? path.join(import.meta.dirname, '../../../shared/data');
const lexicon = theLexicon();
const pairs: Pair[] = [];

const catalog = lines<Entry>('mcp-catalog/catalog.jsonl');
const seen = new Set<string>();
for (const { name, title = '', description = '', tags = [], tools = [] } of catalog) {
  add(tags.length > 0 ? `${name} ${tags.join(' ')}` : `${name} ${title}`, description);
  for (const [n, tool] of tools.entries()) {
    const { name, description: does = '' } = tool;
    if (seen.has(name + does)) continue;
    seen.add(name + does);
    add(name, does);
    if (n % EVERY === 0) add(does, description);
  }
}
const seal = lines<Entry>('sealtools/catalog.jsonl');
for (const { name, category = '', description = '', params = [] } of seal) {
  add(`${name} ${category}`, description);
  add(params.join(' '), `${name} ${description}`);
}
for (const { name, server = '', description = '' } of lines<Entry>('livemcpbench/catalog.jsonl'))
  add(`${name} ${server}`, description);
addQueries('mcp-catalog', catalog);
addQueries('sealtools', seal);

const first = Array.from({ length: lexicon.size }, (_, id) =>
  lexicon.direction([[id, 1]]).map((value) => value * weightOf(lexicon.rarityOf(id))),
);
const trained = trainPairs(first, pairs, (line) => console.log(line));
const lengths = trained.map((vector) => Math.hypot(...vector));
const longest = lengths.toSorted((a, b) => a - b)[Math.floor(lengths.length * 0.998)]!;
const bytes = packed(
  trained.map((vector) => [...vector]),
  lengths.map((length) => Math.max(1, Math.round((length / longest) * 127))),
);
fs.writeFileSync(path.join(import.meta.dirname, '../../plugins/gap-detector/purposes.bin'), bytes);
console.log(`${pairs.length} pairs, ${bytes.length} bytes`);

function addQueries(set: string, entries: readonly Entry[]): void {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  for (const { query, lang, gold } of lines<Query>(`${set}/queries.dev.jsonl`)) {
    if (lang !== 'en') continue;
    for (const [id] of gold) {
      const entry = byId.get(id!);
      if (entry === undefined) continue;
      const { name, title = '', description = '', tools = [] } = entry;
      const names = tools.slice(0, MOST_TOOLS).map((tool) => tool.name);
      for (let n = 0; n < REPEATED; n++) add(query, [name, title, description, ...names].join(' '), true);
    }
  }
}
function add(one: string, other: string, asNeed = false): void {
  const [a, b] = [wordsOf(one, asNeed), wordsOf(other, false)];
  if (a.length > 0 && b.length > 1) pairs.push([a, b]);
}
function wordsOf(text: string, asNeed: boolean): number[] {
  return [...termsOf(text.slice(0, MOST_CHARACTERS), asNeed).known.keys()];
}
function lines<T>(file: string): T[] {
  const text = fs.readFileSync(path.join(folder, file), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}
