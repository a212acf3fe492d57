import type { EmbeddingConfig } from '../config.ts';
import type { Endpoint } from './endpoint.ts';
import { MOST_NUMBERS, type Quantised, quantised } from './vectors.ts';

/** Vectors of queries; those that were asked for last are kept. */
export class QueryVectors {
  readonly #endpoint: Endpoint;
  readonly #config: EmbeddingConfig;
  readonly #kept = new Map<string, Quantised>();
  #model: string | undefined;

  constructor(endpoint: Endpoint, config: EmbeddingConfig) {
    this.#endpoint = endpoint;
    this.#config = config;
  }

  /** Undefined where the endpoint does not answer in time. */
  async of(query: string, signal: AbortSignal): Promise<Quantised | undefined> {
    const { model } = this.#endpoint;
    if (model !== this.#model) this.#kept.clear();
    this.#model = model;
    const kept = this.#kept.get(query);
    if (kept !== undefined) {
      this.#keep(query, kept);
      return kept;
    }
    if (this.#endpoint.waitFor('query') > 0) return undefined;
    try {
      const [answer] = await this.#endpoint.embed('query', [this.#config.queryPrefix + query], signal);
      const vector = answer!.length > MOST_NUMBERS ? undefined : quantised(answer!);
      if (vector !== undefined && model === this.#endpoint.model) this.#keep(query, vector);
      return vector;
    } catch {
      // The endpoint has said it in the log.
      return undefined;
    }
  }

  #keep(query: string, vector: Quantised): void {
    this.#kept.delete(query);
    this.#kept.set(query, vector);
    if (this.#kept.size > this.#config.queryCache) this.#kept.delete(this.#kept.keys().next().value!);
  }
}
