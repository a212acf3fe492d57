import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type Log, reason } from '#kernel';
import type { EmbeddingConfig } from '../config.ts';
import type { ReadDocument } from '../lexical.ts';
import type { Part } from '../part.ts';
import { type Endpoint, isRefused } from './endpoint.ts';
import { embeddedText, type TextHashes } from './text.ts';
import { ROWS, type VectorTable } from './vector-table.ts';
import { MOST_NUMBERS, type Quantised, quantised, Vectors } from './vectors.ts';

export interface EmbedderParts {
  readonly endpoint: Endpoint;
  /** Undefined: vectors are kept in memory only. */
  readonly table: VectorTable | undefined;
  readonly hashes: TextHashes;
  readonly parts: () => Promise<readonly Part[]>;
  readonly config: EmbeddingConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Changes come in swarms: so long is waited for more, and some times as long as it took to look at all documents. */
const GATHER_MS = 50;
/** A model does not change the length of its vectors more often than that. */
const LENGTH_MS = 60_000;
const PATIENCE = 5;
/** How often it is looked whether everything is as it should be, without a change; and after a failure. */
const ROUND_MS = 3_600_000;
const AGAIN_MS = 60_000;
/** While the endpoint is left alone, it is looked so often whether a query got through. */
const LOOK_MS = 250;
/** Hashing and unpacking: after so many documents others have their turn. */
const TURN = 256;

/** Sees to it that the documents have vectors: from the table, else from the model, in the background. */
export class Embedder {
  readonly #given: EmbedderParts;
  #model: string | undefined;
  #lengthSetAt = Number.NEGATIVE_INFINITY;
  #vectors: Vectors | undefined;
  #missing: ReadonlyMap<string, ReadDocument> = new Map();
  /** Texts that the model does not take. */
  #refused = new Set<string>();
  #batch: number;
  #changed = false;
  #running: Promise<void> | undefined;
  #full = false;
  #broken = false;
  #unstored = false;
  #lastRound = 0;
  #lastSweep = 0;
  #lookedMs = 0;

  constructor(given: EmbedderParts) {
    this.#given = given;
    this.#batch = given.config.batch;
  }

  /** Those of the model that is configured now; undefined where there are none yet. */
  get vectors(): Vectors | undefined {
    return this.#given.endpoint.model === this.#model ? this.#vectors : undefined;
  }

  get model(): string | undefined {
    return this.#model;
  }

  /** Texts that wait for their vector. */
  get waiting(): number {
    return this.#missing.size;
  }

  /** Runs until nothing is missing. Never throws. */
  changed(): void {
    this.#changed = true;
    if (this.#given.signal.aborted) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** The model gives vectors of this length now; believed once in a while, for all documents are embedded anew. */
  expect(length: number): void {
    if (this.#vectors === undefined || this.#vectors.length === length) return;
    if (Date.now() - this.#lengthSetAt < LENGTH_MS) return;
    this.#lengthSetAt = Date.now();
    this.#vectors = new Vectors(length);
    this.changed();
  }

  /** Resolves when the work under way has ended, which it does soon after the signal. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** From time to time, for what no change tells of: a model that was configured late, a database that was away. */
  watch(): () => void {
    const timer = setInterval(() => {
      if (this.#broken || Date.now() - this.#lastRound > ROUND_MS) this.changed();
    }, AGAIN_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  async #run(): Promise<void> {
    const { signal, log } = this.#given;
    try {
      while (this.#changed) {
        await sleep(Math.max(GATHER_MS, PATIENCE * this.#lookedMs), undefined, { signal, ref: false });
        this.#changed = false;
        await this.#round();
        this.#lastRound = Date.now();
      }
      this.#broken = false;
    } catch (error) {
      const before = this.#broken;
      this.#broken = true;
      if (!signal.aborted && !before)
        log.warn('Vectors of documents are not kept up to date.', { reason: reason(error) });
    }
  }

  async #round(): Promise<void> {
    const { endpoint, table, config, signal, log } = this.#given;
    const { model } = endpoint;
    if (model === undefined) return;
    if (model !== this.#model) this.#forget(model);
    const begun = performance.now();
    const wanted = await this.#wanted();
    this.#lookedMs = performance.now() - begun;
    this.#vectors?.keepOnly(wanted);
    const missing = new Map([...wanted].filter(([hash]) => !this.#vectors?.has(hash) && !this.#refused.has(hash)));
    this.#missing = missing;
    if (table !== undefined) await this.#fromTable(table, model, missing);
    while (missing.size > 0 && endpoint.model === model) {
      const wait = endpoint.waitFor('documents');
      if (wait > 0) await sleep(Math.min(wait, LOOK_MS), undefined, { signal, ref: false });
      else await this.#fromModel(model, missing);
      // After the first batch: what changes all the time would never be embedded.
      if (this.#changed) return;
    }
    if (endpoint.model !== model) this.#changed = true;
    if (this.#changed) return;
    endpoint.forget('documents');
    if (table === undefined || Date.now() - this.#lastSweep < Math.min(config.keepUnusedMs, ROUND_MS)) return;
    const deleted = await table.sweep(model, [...wanted.keys()], config.keepUnusedMs);
    this.#lastSweep = Date.now();
    if (deleted > 0) log.debug('Unused vectors deleted.', { rows: deleted });
  }

  #forget(model: string): void {
    this.#model = model;
    this.#vectors = undefined;
    this.#refused = new Set();
  }

  /** Documents by the hash of their text, as many as may have vectors. */
  async #wanted(): Promise<Map<string, ReadDocument>> {
    const { parts, hashes, config, log, signal } = this.#given;
    const wanted = new Map<string, ReadDocument>();
    let seen = 0;
    let left = 0;
    for (const { read } of await parts()) {
      for (const document of read) {
        const hash = hashes.of(document);
        if (wanted.size < config.maxTexts) wanted.set(hash, document);
        else if (!wanted.has(hash)) left++;
        if (++seen % TURN !== 0) continue;
        await nextTurn();
        signal.throwIfAborted();
      }
    }
    if (left > 0 && !this.#full)
      log.warn('Not every document gets a vector: the others are found by words.', {
        without: left,
        hint: 'raise tool-search.embedding.maxTexts',
      });
    this.#full = left > 0;
    return wanted;
  }

  async #fromTable(table: VectorTable, model: string, missing: Map<string, ReadDocument>): Promise<void> {
    const hashes = [...missing.keys()];
    for (let from = 0; from < hashes.length; from += ROWS) {
      this.#given.signal.throwIfAborted();
      const found = await table.read(model, hashes.slice(from, from + ROWS));
      for (const [hash, vector] of found) if (this.#put(hash, vector)) missing.delete(hash);
    }
  }

  async #fromModel(model: string, missing: Map<string, ReadDocument>): Promise<void> {
    const { endpoint, config, signal, log } = this.#given;
    const batch: [hash: string, document: ReadDocument][] = [];
    for (const one of missing) {
      if (batch.length === this.#batch) break;
      batch.push(one);
    }
    const texts = batch.map(([, { searched }]) => embeddedText(searched, config));
    try {
      const answer = await endpoint.embed('documents', texts, signal);
      const made = new Map<string, Quantised>();
      for (const [n, [hash]] of batch.entries()) {
        const vector = quantised(answer[n]!);
        missing.delete(hash);
        if (vector === undefined || vector.bytes.length > MOST_NUMBERS) this.#refused.add(hash);
        else if (this.#put(hash, vector, true)) made.set(hash, vector);
      }
      this.#batch = Math.min(config.batch, 2 * this.#batch);
      await this.#store(model, made);
    } catch (error) {
      signal.throwIfAborted();
      const failing = endpoint.isFailing('documents');
      if (!isRefused(error) && !failing) throw error;
      // Which text it is, is found by asking for fewer.
      if (isRefused(error)) this.#batch = Math.ceil(batch.length / 2);
      if (!failing && batch.length === 1) {
        this.#refused.add(batch[0]![0]);
        missing.delete(batch[0]![0]);
        log.warn('A document is not embedded: it is found by words.', {
          name: batch[0]![1].searched.name,
          reason: reason(error),
        });
      }
    }
  }

  /** What could not be stored is there until the next start, and is embedded again then. */
  async #store(model: string, made: ReadonlyMap<string, Quantised>): Promise<void> {
    try {
      await this.#given.table?.write(model, made);
      this.#unstored = false;
    } catch (error) {
      if (!this.#unstored) this.#given.log.warn('Vectors cannot be stored.', { reason: reason(error) });
      this.#unstored = true;
    }
  }

  /** False where it does not fit those that are there. A fresh one of another length is right, and they are not. */
  #put(hash: string, vector: Quantised, fresh = false): boolean {
    const { length } = vector.bytes;
    if (this.#vectors === undefined || (fresh && this.#vectors.length !== length)) {
      if (this.#vectors !== undefined) this.#changed = true;
      this.#vectors = new Vectors(length);
    }
    if (this.#vectors.length !== length) return false;
    this.#vectors.put(hash, vector);
    return true;
  }
}
