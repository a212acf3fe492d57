import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fault, type Log, reason } from '#kernel';
import { SEGMENT, SEGMENTS, writerOf } from '../journal/file-names.ts';
import { type Line, parseLine } from '../journal/line.ts';
import { Batch } from './batch.ts';
import { type Delta, deltaOf } from './delta.ts';
import type { IndexTables } from './index-tables.ts';
import { segmentLines } from './segment-lines.ts';

/** More batches than that wait only where the database is away; what is dropped is read again from the files. */
const MOST_BATCHES = 200;
const SLICE_MS = 4;

export interface IndexerParts {
  readonly dir: string;
  readonly tables: IndexTables;
  readonly log: Log;
  readonly delayMs: number;
  /** The writers whose processes live. */
  readonly living: () => ReadonlySet<string>;
}

/**
 * Keeps the database's index behind the segments: what this process writes comes by `add`, everything else is read from the
 * files. Which part of a file is counted stands in the same transaction as the counts.
 */
export class Indexer {
  readonly #parts: IndexerParts;
  #batches: Batch[] = [];
  #own = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #closed = false;
  /** Last lines that were cut off, and lines that cannot be read. */
  readonly found = { torn: 0, damaged: 0 };
  failure: string | undefined;

  constructor(parts: IndexerParts) {
    this.#parts = parts;
  }

  /** A group that is on disk. */
  add(segment: string, deltas: readonly Delta[]): void {
    this.#own.add(segment);
    for (const delta of deltas) {
      let batch = this.#batches.at(-1);
      if (batch === undefined || batch.full || batch.segment !== segment || batch.to !== delta.from) {
        batch = new Batch(segment, delta.from);
        this.#batches.push(batch);
        if (this.#batches.length > MOST_BATCHES) this.#batches.shift();
      }
      batch.add(delta);
    }
    this.#schedule();
  }

  /** Resolves when everything that is in the files by now is in the index. */
  async caughtUp(): Promise<void> {
    await this.#turn(async () => {
      await this.#flush();
      await this.#readOthers();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#turn(() => this.#flush()).catch(() => undefined);
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#turn(() => this.#flush()).catch(() => this.#schedule());
    }, this.#parts.delayMs);
    this.#timer.unref();
  }

  /** One piece of work at a time. */
  #turn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work).then(
      () => {
        this.failure = undefined;
      },
      (error: unknown) => {
        if (this.failure === undefined) this.#parts.log.warn('index not written', { reason: reason(error) });
        this.failure = reason(error);
        throw error;
      },
    );
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #flush(): Promise<void> {
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      // What comes meanwhile begins a batch of its own.
      this.#batches.shift();
      try {
        if (!(await this.#parts.tables.apply(batch))) await this.#resolve(batch);
      } catch (error) {
        this.#batches.unshift(batch);
        throw error;
      }
      await nextTurn();
    }
  }

  /** Somebody else has counted a part of it already, or what stands before it is not counted yet. */
  async #resolve({ segment, to }: Batch): Promise<void> {
    if ((await this.#parts.tables.position(segment)) < to) await this.#read(segment, to);
  }

  async #readOthers(): Promise<void> {
    const { dir, tables } = this.#parts;
    const segments = await this.#segments();
    // After that: a writer is there before its first segment is.
    const living = this.#parts.living();
    const indexed = await tables.files();
    for (const [at, segment] of segments.entries()) {
      const { position = 0, sealed = false } = indexed.get(segment) ?? {};
      if (this.#closed) return;
      if (sealed || this.#own.has(segment)) continue;
      const { size } = await stat(path.join(dir, SEGMENTS, segment));
      const end = size > position ? await this.#read(segment, size) : position;
      const next = segments[at + 1];
      const followed = next !== undefined && writerOf(next) === writerOf(segment);
      if (!followed && living.has(writerOf(segment))) continue;
      if (end < size) this.#torn(segment, size - end);
      await tables.seal(segment);
    }
  }

  async #segments(): Promise<string[]> {
    try {
      const names = await readdir(path.join(this.#parts.dir, SEGMENTS));
      return names.filter((name) => name.endsWith(SEGMENT)).sort();
    } catch (error) {
      throw fault('TRAJECTORY_UNREADABLE', `the trajectories cannot be read: ${reason(error)}`, {
        kind: 'unavailable',
        hint: 'trajectory.dir names the folder',
        cause: error,
      });
    }
  }

  /** Counts what is not counted up to there; where that ended. */
  async #read(segment: string, to: number): Promise<number> {
    const { dir, tables } = this.#parts;
    const file = path.join(dir, SEGMENTS, segment);
    for (;;) {
      let batch = new Batch(segment, await tables.position(segment));
      let alone = true;
      let sliceEnd = performance.now() + SLICE_MS;
      for await (const { bytes, ...place } of segmentLines(file, batch.from, to)) {
        const line = parseLine(bytes.toString());
        if (line === undefined) this.#damaged(segment, place.from);
        if (line === undefined) batch.skipTo(place.to);
        else batch.add(deltaOf(line, payloadJson(line), place));
        if (performance.now() > sliceEnd) {
          if (this.#closed) return batch.from;
          await nextTurn();
          sliceEnd = performance.now() + SLICE_MS;
        }
        if (!batch.full) continue;
        alone = await tables.apply(batch);
        if (!alone) break;
        batch = new Batch(segment, batch.to);
      }
      if (alone && (batch.to === batch.from || (await tables.apply(batch)))) return batch.to;
      // Another process counts the same file at this moment: go on from where it is.
    }
  }

  #torn(segment: string, bytes: number): void {
    this.found.torn++;
    this.#parts.log.warn('a last line was cut off and is left out', { segment, bytes });
  }
  #damaged(segment: string, at: number): void {
    this.found.damaged++;
    this.#parts.log.warn('a line cannot be read and is left out', { segment, at });
  }
}

const payloadJson = (line: Line): string =>
  line.t === 'start' ? JSON.stringify(line.start) : line.t === 'end' ? JSON.stringify(line.end) : '';
