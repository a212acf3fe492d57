import { fault, isFault, type Log, reason } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { EmbeddingConfig } from '../config.ts';

/** What is embedded: the two have different limits, and one may get through while the other does not. */
export type Purpose = 'query' | 'documents';
interface Trouble {
  readonly failures: number;
  readonly tryAt: number;
}

/** So many texts that are refused one after the other are not the fault of the texts. */
const MOST_REFUSED = 3;

/** The embedding model, left alone for a while where it fails. One log line when it ceases to answer, one when it is back. */
export class Endpoint {
  readonly #llm: Llm;
  readonly #config: EmbeddingConfig;
  readonly #log: Log;
  readonly #troubles = new Map<Purpose, Trouble>();
  /** Single texts that were refused one after the other. */
  readonly #refused = new Map<Purpose, number>();
  #taken = false;

  constructor(llm: Llm, config: EmbeddingConfig, log: Log) {
    this.#llm = llm;
    this.#config = config;
    this.#log = log;
  }

  /** Undefined where none is configured, or the plugin that has it is gone. */
  get model(): string | undefined {
    try {
      return this.#llm.embeddingModel;
    } catch {
      return undefined;
    }
  }

  get answers(): boolean {
    return this.#troubles.size === 0;
  }

  isFailing(purpose: Purpose): boolean {
    return this.#troubles.has(purpose);
  }

  /** In milliseconds; 0: it may be tried now. */
  waitFor(purpose: Purpose): number {
    return Math.max(0, (this.#troubles.get(purpose)?.tryAt ?? 0) - Date.now());
  }

  /** Vectors in the order of the texts; throws what went wrong, or where the caller gave up. */
  async embed(purpose: Purpose, texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    const trouble = this.#troubles.get(purpose);
    // One tries; the others do not wait for it.
    if (trouble !== undefined) this.#note(purpose, trouble.failures);
    const ms = purpose === 'query' ? this.#config.queryTimeoutMs : this.#config.timeoutMs;
    const timeout = AbortSignal.timeout(ms);
    try {
      const vectors = await abortable(
        (both) => this.#llm.embed(texts, both),
        AbortSignal.any([signal, timeout]),
        () => fault('EMBEDDING_LATE', `no vectors after ${ms} ms`, { kind: 'timeout' }),
      );
      if (vectors.length !== texts.length)
        throw fault('EMBEDDING_INVALID', `${texts.length} texts were sent, ${vectors.length} vectors came back`);
      this.#succeeded(purpose);
      return vectors;
    } catch (error) {
      if (signal.aborted) throw error;
      if (this.#isOfTexts(purpose, texts, error)) this.#answered(purpose);
      else this.#failed(purpose, error);
      throw error;
    }
  }

  /** Where others were taken, a refusal is the fault of these texts; unless it goes on like that. */
  #isOfTexts(purpose: Purpose, texts: readonly string[], error: unknown): boolean {
    if (!isRefused(error) || !this.#taken) return false;
    if (texts.length > 1) return true;
    const before = this.#refused.get(purpose) ?? 0;
    this.#refused.set(purpose, before + 1);
    return before < MOST_REFUSED;
  }

  #failed(purpose: Purpose, error: unknown): void {
    const before = this.#troubles.size;
    this.#note(purpose, (this.#troubles.get(purpose)?.failures ?? 0) + 1);
    const fields = { model: this.model, reason: reason(error) };
    if (before === 0)
      this.#log.warn('The embedding endpoint does not answer: searches go by words until it does.', fields);
  }

  #note(purpose: Purpose, failures: number): void {
    const { retryMs, maxRetryMs } = this.#config;
    const wait = Math.min(maxRetryMs, retryMs * 2 ** Math.min(30, failures - 1));
    this.#troubles.set(purpose, { failures, tryAt: Date.now() + wait });
  }

  #succeeded(purpose: Purpose): void {
    this.#taken = true;
    this.#refused.delete(purpose);
    this.#answered(purpose);
  }

  #answered(purpose: Purpose): void {
    if (!this.#troubles.delete(purpose)) return;
    if (this.#troubles.size === 0)
      return this.#log.info('The embedding endpoint answers again.', { model: this.model });
    // What works for one may work for the other: it is tried without waiting, and counts its failures on.
    for (const [other, { failures }] of this.#troubles) this.#troubles.set(other, { failures, tryAt: 0 });
  }

  /** Nothing is left to embed: that it failed does not matter any more. */
  forget(purpose: Purpose): void {
    this.#troubles.delete(purpose);
  }
}

/** Ends with the signal, whether or not the work minds it. */
async function abortable<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  why: () => Error,
): Promise<T> {
  let end: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    end = () => reject(why());
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
  aborted.catch(() => {});
  try {
    return await Promise.race([work(signal), aborted]);
  } catch (error) {
    throw signal.aborted ? why() : error;
  } finally {
    if (end !== undefined) signal.removeEventListener('abort', end);
  }
}

export const isRefused = (error: unknown): boolean => isFault(error) && error.code === 'LLM_REFUSED';
