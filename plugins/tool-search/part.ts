import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Server, Tool } from '#plugins/tool-registry/api';
import type { Entry } from './catalog.ts';
import type { LexicalConfig } from './config.ts';
import { DocumentReader, LexicalIndex, type ReadDocument } from './lexical.ts';
import { searchedDocument, searchedServer, searchedTool } from './searched.ts';
import type { Scored } from './text-index.ts';

export type Item =
  | { readonly kind: 'tool'; readonly tool: Tool; readonly server: Server | undefined }
  | { readonly kind: 'server'; readonly server: Server }
  | { readonly kind: 'catalog'; readonly entry: Entry };

/** What is searched together, at one moment. */
export interface Part {
  readonly version: number;
  readonly items: readonly Item[];
  /** Of the items, in their order. The same list as long as no text changed. */
  readonly read: readonly ReadDocument[];
  readonly index: LexicalIndex;
}

/** What was found in a part, and what is to be said of it besides the words that it shares with the query. */
export interface Found extends Scored {
  readonly reasons: readonly string[];
}

export interface PartSource {
  version(): number;
  items(): readonly Item[];
}

/** So long one part is read without letting others have their turn, in milliseconds. */
const SLICE_MS = 10;
/** Words that are gone may be so many more than those that stand somewhere. */
const SPARE_WORDS = 20_000;

/** A part that is made again when it is asked for after a change; only what changed is read again. */
export class IndexedPart {
  readonly #source: PartSource;
  readonly #config: LexicalConfig;
  #reader: DocumentReader;
  #part: Part | undefined;
  #making: { readonly version: number; readonly part: Promise<Part> } | undefined;

  constructor(source: PartSource, config: LexicalConfig) {
    this.#source = source;
    this.#config = config;
    this.#reader = new DocumentReader(config);
  }

  /** As it is now, or newer. */
  async current(): Promise<Part> {
    const version = this.#source.version();
    if (this.#part !== undefined && this.#part.version >= version) return this.#part;
    if (this.#making === undefined || this.#making.version < version) {
      const before = this.#making?.part ?? Promise.resolve();
      const part = before.then(
        () => this.#make(),
        () => this.#make(),
      );
      this.#making = { version, part };
    }
    return this.#making.part;
  }

  async #make(): Promise<Part> {
    const before = this.#part;
    const version = this.#source.version();
    if (before !== undefined && before.version >= version) return before;
    const items = this.#source.items();
    if (before !== undefined && sameTexts(items, before.items)) this.#part = { ...before, version, items };
    else {
      if (before !== undefined && this.#reader.vocabulary.size > 2 * before.index.words + SPARE_WORDS)
        this.#reader = new DocumentReader(this.#config);
      const read = await this.#read(items, before);
      this.#part = { version, items, read, index: new LexicalIndex(read, this.#reader, this.#config) };
    }
    return this.#part;
  }

  async #read(items: readonly Item[], before: Part | undefined): Promise<ReadDocument[]> {
    const known = new Map<object, { readonly item: Item; readonly read: ReadDocument }>();
    if (before !== undefined && before.read[0]?.reader === this.#reader)
      for (const [n, item] of before.items.entries()) known.set(recordOf(item), { item, read: before.read[n]! });
    const read: ReadDocument[] = [];
    let since = performance.now();
    for (const item of items) {
      const one = known.get(recordOf(item));
      read.push(one !== undefined && sameText(item, one.item) ? one.read : this.#reader.read(searchedOf(item)));
      if (performance.now() - since < SLICE_MS) continue;
      await nextTurn();
      since = performance.now();
    }
    return read;
  }
}

/** The object that a change replaces. */
function recordOf(item: Item): object {
  if (item.kind === 'tool') return item.tool;
  return item.kind === 'server' ? item.server.spec : item.entry.document;
}

/** Records are immutable: the same objects have the same texts. A server's health is not searched. */
function sameText(a: Item, b: Item): boolean {
  if (a.kind === 'catalog') return b.kind === 'catalog' && a.entry.document === b.entry.document;
  if (a.kind === 'tool') return b.kind === 'tool' && a.tool === b.tool && a.server?.spec.title === b.server?.spec.title;
  if (b.kind !== 'server') return false;
  const [one, other] = [a.server, b.server];
  return one.spec === other.spec && one.info === other.info && one.tools === other.tools;
}

const sameTexts = (a: readonly Item[], b: readonly Item[]): boolean =>
  a.length === b.length && a.every((item, n) => sameText(item, b[n]!));

function searchedOf(item: Item) {
  if (item.kind === 'tool') return searchedTool(item.tool, item.server);
  return item.kind === 'server' ? searchedServer(item.server) : searchedDocument(item.entry.document);
}
