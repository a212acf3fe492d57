import type { Log } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { Storage } from '#plugins/storage/api';
import type { ToolSearchConfig } from '../config.ts';
import type { Found, Part } from '../part.ts';
import { Embedder } from './embedder.ts';
import { Endpoint } from './endpoint.ts';
import { fused } from './fused.ts';
import { QueryVectors } from './query-vectors.ts';
import { TextHashes } from './text.ts';
import { VectorTable } from './vector-table.ts';
import type { Quantised } from './vectors.ts';

export interface MeaningParts {
  readonly llm: Llm;
  readonly storage: Storage | undefined;
  readonly config: ToolSearchConfig;
  readonly parts: () => Promise<readonly Part[]>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A query, with its vector where there is one. */
export interface Asked {
  readonly vector: Quantised | undefined;
  /** Why the answer is by words alone. */
  readonly reason?: string;
}

/** Where the vectors of a part's documents are; -1 where one has none yet. */
interface Places {
  readonly vectors: object;
  readonly version: number;
  readonly slots: Int32Array;
}

const NO_ANSWER = 'the embedding endpoint did not answer: found by words';
const NO_VECTOR = 'has no vector yet: found by words';

/** Strategies `embedding` and `hybrid`: likeness of meaning, with that of words where there is none. */
export class Meaning {
  readonly #config: ToolSearchConfig;
  readonly #signal: AbortSignal;
  readonly #endpoint: Endpoint;
  readonly #queries: QueryVectors;
  readonly #hashes: TextHashes;
  readonly #embedder: Embedder;
  readonly #places = new WeakMap<Part['read'], Places>();

  constructor({ llm, storage, config, parts, log, signal }: MeaningParts) {
    const { embedding } = config;
    this.#config = config;
    this.#signal = signal;
    this.#endpoint = new Endpoint(llm, embedding, log);
    this.#queries = new QueryVectors(this.#endpoint, embedding);
    this.#hashes = new TextHashes(embedding);
    const table = storage === undefined ? undefined : new VectorTable(storage);
    this.#embedder = new Embedder({
      endpoint: this.#endpoint,
      table,
      hashes: this.#hashes,
      parts,
      config: embedding,
      log,
      signal,
    });
  }

  /** The undo waits for the work under way, which must have been told to end. */
  begin(): () => Promise<void> {
    const undo = this.#embedder.watch();
    this.#embedder.changed();
    return async () => {
      undo();
      await this.#embedder.ended();
    };
  }

  /** Documents came or went. */
  changed(): void {
    this.#embedder.changed();
  }

  /** Never fails. Undefined where no model is configured. */
  async ask(query: string, signal: AbortSignal | undefined): Promise<Asked | undefined> {
    const { model } = this.#endpoint;
    if (model === undefined) return undefined;
    if (model !== this.#embedder.model) this.#embedder.changed();
    // Nothing to compare it with: no time is spent on it.
    if (!this.#embedder.vectors?.size)
      return { vector: undefined, reason: this.#endpoint.answers ? NO_VECTOR : NO_ANSWER };
    const both = signal === undefined ? this.#signal : AbortSignal.any([signal, this.#signal]);
    const vector = await this.#queries.of(query, both);
    if (vector === undefined) return { vector, reason: NO_ANSWER };
    if (model === this.#embedder.model) this.#embedder.expect(vector.bytes.length);
    return { vector };
  }

  /** Best first, at most `k` of those that are admitted. */
  rank(part: Part, query: string, asked: Asked, k: number, admits: (document: number) => boolean): readonly Found[] {
    const { strategy, rerank, embedding } = this.#config;
    const { vectors } = this.#embedder;
    const words = (most: number) => part.index.search(query, most, admits);
    if (asked.vector === undefined || vectors?.length !== asked.vector.bytes.length) {
      const reasons = [asked.reason ?? NO_VECTOR];
      return words(k).map((one) => ({ ...one, reasons }));
    }
    const slots = this.#slots(part);
    const documents = new Int32Array(slots.length);
    const wanted = new Int32Array(slots.length);
    let count = 0;
    let without = false;
    for (let document = 0; document < slots.length; document++) {
      if (!admits(document)) continue;
      if (slots[document]! < 0) without = true;
      else {
        documents[count] = document;
        wanted[count++] = slots[document]!;
      }
    }
    const share = strategy === 'embedding' ? 1 : embedding.weight;
    const said = share < 1 || without ? words(Math.max(k, rerank)) : [];
    const byWords = new Float32Array(slots.length);
    for (const { document, score } of said) byWords[document] = score;
    const found = fused({
      documents: documents.subarray(0, count),
      cosines: vectors.cosines(asked.vector, wanted.subarray(0, count)),
      byWords,
      others: said.filter(({ document }) => slots[document]! < 0),
      share,
      least: embedding.leastCosine,
      k,
    });
    return found.map(({ document, score, cosine }) => {
      if (cosine === undefined) return { document, score, reasons: [NO_VECTOR] };
      const alike = cosine >= embedding.leastCosine ? [`meaning: ${cosine.toFixed(2)} alike`] : [];
      return { document, score, reasons: alike };
    });
  }

  get detail(): Readonly<Record<string, unknown>> {
    const { model, vectors, waiting } = this.#embedder;
    return { model: model ?? null, vectors: vectors?.size ?? 0, waiting, answers: this.#endpoint.answers };
  }

  #slots({ read }: Part): Int32Array {
    const vectors = this.#embedder.vectors!;
    const known = this.#places.get(read);
    // Whoever changed it may not have told.
    if (known === undefined) this.#embedder.changed();
    if (known?.vectors === vectors && known.version === vectors.version) return known.slots;
    const slots = Int32Array.from(read, (document) => vectors.slotOf(this.#hashes.of(document)));
    this.#places.set(read, { vectors, version: vectors.version, slots });
    return slots;
  }
}
