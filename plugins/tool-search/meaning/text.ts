import { createHash } from 'node:crypto';
import type { EmbeddingConfig } from '../config.ts';
import type { ReadDocument, Searched } from '../lexical.ts';

/** What of a document is embedded. */
export function embeddedText(searched: Searched, { documentPrefix, maxCharacters }: EmbeddingConfig): string {
  const { name, title, description, tags, server, tools, parameters } = searched;
  const said = [name, title, description, tags, server, tools, parameters].filter((text) => text.trim() !== '');
  return documentPrefix + said.join('\n').slice(0, maxCharacters);
}

/** Hashes of the texts of documents, each made once. */
export class TextHashes {
  readonly #config: EmbeddingConfig;
  readonly #known = new WeakMap<ReadDocument, string>();

  constructor(config: EmbeddingConfig) {
    this.#config = config;
  }

  of(document: ReadDocument): string {
    const known = this.#known.get(document);
    if (known !== undefined) return known;
    const hash = createHash('sha256').update(embeddedText(document.searched, this.#config)).digest('base64url');
    this.#known.set(document, hash);
    return hash;
  }
}
