import { fault } from '#kernel';
import type { Sql, Storage } from '#plugins/storage/api';
import type { CatalogDocument } from './api.ts';
import type { ToolSearchConfig } from './config.ts';
import { MIGRATIONS } from './tables.ts';

const INSERT = `INSERT INTO tool_search_documents (source, id, document) VALUES (?, ?, ?)
  ON CONFLICT (source, id) DO UPDATE SET document = excluded.document`;

export interface Entry {
  readonly source: string;
  readonly document: CatalogDocument;
}

/** The documents of all sources; kept where there is a storage. Each change is all or nothing. */
export class Catalog {
  readonly #storage: Storage | undefined;
  readonly #config: ToolSearchConfig;
  readonly #sources = new Map<string, Map<string, CatalogDocument>>();
  /** Grows with each change. */
  version = 0;

  constructor(storage: Storage | undefined, config: ToolSearchConfig) {
    this.#storage = storage;
    this.#config = config;
  }

  async open(): Promise<void> {
    if (this.#storage === undefined) return;
    await this.#storage.migrate('tool_search', MIGRATIONS);
    const rows = await this.#storage.all<{ source: string; document: string }>(
      'SELECT source, document FROM tool_search_documents ORDER BY source, id',
    );
    for (const { source, document } of rows) this.#put(source, JSON.parse(document) as CatalogDocument);
    this.version++;
  }

  get entries(): readonly Entry[] {
    return [...this.#sources].flatMap(([source, documents]) =>
      [...documents.values()].map((document) => ({ source, document })),
    );
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#sources].map(([source, documents]) => [source, documents.size]));
  }

  async load(source: string, documents: readonly CatalogDocument[]): Promise<void> {
    const texts = documents.map((document) => JSON.stringify(document));
    const large = texts.findIndex((text) => Buffer.byteLength(text) > this.#config.maxDocumentBytes);
    if (large >= 0)
      throw fault(
        'CATALOG_INVALID',
        `document ${large} ("${documents[large]!.id}") is larger than ${this.#config.maxDocumentBytes} bytes`,
        {
          kind: 'too_large',
          hint: 'shorten it, or raise tool-search.maxDocumentBytes',
        },
      );
    const known = this.#sources.get(source);
    const fresh = new Set(documents.map(({ id }) => id).filter((id) => !known?.has(id))).size;
    const total = Object.values(this.counts).reduce((sum, count) => sum + count, 0) + fresh;
    if (total > this.#config.maxDocuments)
      throw fault('CATALOG_FULL', `that would be ${total} documents; at most ${this.#config.maxDocuments} are kept`, {
        kind: 'too_large',
        hint: 'empty a source (DELETE /api/v1/catalog?source=NAME), or raise tool-search.maxDocuments',
      });
    await this.#storage?.transaction(async (sql: Sql) => {
      for (const [n, { id }] of documents.entries()) await sql.run(INSERT, [source, id, texts[n]!]);
    });
    for (const document of documents) this.#put(source, document);
    this.version++;
  }

  async unload(source: string): Promise<number> {
    const count = this.#sources.get(source)?.size ?? 0;
    await this.#storage?.run('DELETE FROM tool_search_documents WHERE source = ?', [source]);
    if (this.#sources.delete(source)) this.version++;
    return count;
  }

  #put(source: string, document: CatalogDocument): void {
    let documents = this.#sources.get(source);
    if (documents === undefined) {
      documents = new Map();
      this.#sources.set(source, documents);
    }
    documents.set(document.id, document);
  }
}
