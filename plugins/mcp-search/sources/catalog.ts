import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isFault, type Log, readData, reason } from '#kernel';
import type { CatalogDocument, ToolSearch } from '#plugins/tool-search/api';
import type { Distribution, FoundServer, SearchSource, ServerQuery } from '../api.ts';
import { type CatalogEntry, catalogFile } from '../catalog-file.ts';

/** Its documents in the tool index. */
const INDEX_SOURCE = 'catalog';

/** Servers that are described in files on this machine: asked first, and without a network. */
export class CatalogSource implements SearchSource {
  readonly #folders: readonly string[];
  readonly #index: ToolSearch;
  readonly #log: Log;
  #entries = new Map<string, FoundServer>();
  #documents = new Map<string, string>();
  #problems: readonly string[] = [];
  #loading: Promise<void> | undefined;
  #digest = '';

  /** An entry of a later folder stands before one of the same identity in an earlier. */
  constructor(folders: readonly string[], index: ToolSearch, log: Log) {
    this.#folders = folders;
    this.#index = index;
    this.#log = log;
  }

  get size(): number {
    return this.#entries.size;
  }
  /** What is wrong in the files, with places. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Another one where any entry is another. */
  async digest(): Promise<string> {
    await this.loaded();
    return this.#digest;
  }

  /** Reads all files again. A file with a mistake keeps the entries that it had. */
  load(): Promise<void> {
    this.#loading = (this.#loading ?? Promise.resolve()).then(() => this.#load());
    return this.#loading;
  }

  /** Loaded, by now or by the first who asks. */
  loaded(): Promise<void> {
    return this.#loading ?? this.load();
  }

  async search(query: ServerQuery): Promise<readonly FoundServer[]> {
    await this.loaded();
    // Who may write to the index may have emptied it.
    if ((this.#index.sources()[INDEX_SOURCE] ?? 0) !== this.#documents.size) await this.#republish();
    const words = [query.query, ...(query.capabilities ?? [])].join(' ');
    const hits = await this.#index.search({
      query: words,
      k: Math.min(100, query.k * 3),
      kind: 'server',
      scope: 'catalog',
      source: INDEX_SOURCE,
    });
    return hits.flatMap(({ id }) => this.#entries.get(id) ?? []);
  }

  async get(id: string): Promise<FoundServer | undefined> {
    await this.loaded();
    return this.#entries.get(id);
  }

  readonly #files = new Map<string, readonly FoundServer[]>();

  async #load(): Promise<void> {
    const files = (await Promise.all(this.#folders.map(filesOf))).flat();
    const problems: string[] = [];
    for (const gone of [...this.#files.keys()].filter((file) => !files.includes(file))) this.#files.delete(gone);
    for (const file of files) {
      try {
        const { servers } = readData(await readFile(file, 'utf8'), file, catalogFile);
        this.#files.set(file, servers.map(foundServer));
      } catch (error) {
        problems.push(reason(error));
        this.#log.error('a catalog file has mistakes; what it held before stays', {
          file,
          reason: isFault(error) ? error.message : reason(error),
        });
      }
    }
    this.#problems = problems;
    const inOrder = files.flatMap((file) => this.#files.get(file) ?? []);
    this.#entries = new Map(inOrder.map((each) => [each.id, each]));
    this.#digest = createHash('sha256').update(JSON.stringify(inOrder)).digest('hex');
    await this.#publish();
  }

  #republish(): Promise<void> {
    this.#documents = new Map();
    this.#loading = (this.#loading ?? Promise.resolve()).then(() => this.#publish());
    return this.#loading;
  }

  /** Only what changed goes to the index. */
  async #publish(): Promise<void> {
    const documents = new Map([...this.#entries.values()].map((each) => [each.id, documentOf(each)]));
    const texts = new Map([...documents].map(([id, document]) => [id, JSON.stringify(document)]));
    const changed = [...documents.values()].filter(({ id }) => texts.get(id) !== this.#documents.get(id));
    const isGone = [...this.#documents.keys()].some((id) => !texts.has(id));
    if (isGone || this.#documents.size === 0) await this.#index.unload(INDEX_SOURCE);
    const wanted = isGone || this.#documents.size === 0 ? [...documents.values()] : changed;
    if (wanted.length > 0) await this.#index.load(INDEX_SOURCE, wanted);
    this.#documents = texts;
  }
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}

function foundServer(entry: CatalogEntry): FoundServer {
  const distributions: Distribution[] = [];
  if (entry.npm) {
    const { package: name, version, bin, args, env } = entry.npm;
    distributions.push({ kind: 'npm', package: name, version: version ?? '', args, env, ...(bin && { bin }) });
  }
  if (entry.oci) distributions.push({ kind: 'oci', ...entry.oci });
  if (entry.remote) distributions.push({ kind: 'remote', ...entry.remote });
  const { publisher } = entry;
  return {
    id: entry.npm
      ? `npm:${entry.npm.package}`
      : entry.oci
        ? `oci:${entry.oci.image}`
        : `remote:${entry.remote?.url ?? entry.name}`,
    name: entry.name,
    ...(entry.title !== undefined && { title: entry.title }),
    description: entry.description,
    capabilities: entry.capabilities,
    keywords: entry.keywords,
    tools: entry.tools.map(({ name, description }) => ({ name, ...(description !== undefined && { description }) })),
    distributions,
    ...(publisher !== undefined && { publisher: definedOnly(publisher) }),
    ...(entry.license !== undefined && { license: entry.license }),
    ...(entry.homepage !== undefined && { homepage: entry.homepage }),
    needs: {
      secrets: entry.needs.secrets.map(definedOnly),
      network: entry.needs.network,
      backing: entry.needs.backing,
    },
  };
}

/** zod gives optional members as `undefined`; the doors want them absent. */
const definedOnly = <T extends object>(from: T) =>
  Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

export const documentOf = ({
  id,
  name,
  title,
  description,
  capabilities,
  keywords,
  tools,
}: FoundServer): CatalogDocument => ({
  id,
  kind: 'server',
  name,
  ...(title !== undefined && { title }),
  description,
  tags: [...capabilities, ...(keywords ?? [])],
  tools,
});
