import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Fault, fault, reason } from '#kernel';
import type { TrajectoryConfig } from '../config.ts';
import { type Delta, deltaOf } from '../index/delta.ts';
import type { Masker } from '../mask/masker.ts';
import type { PackWriter } from '../packs/pack-writer.ts';
import type { GroupBytes, GroupFiles } from './group-files.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import type { Line } from './line.ts';
import { LineEncoder } from './line-encoder.ts';

const MB = 1_048_576;
/** So much goes to disk at a time where more waits: the disk is idle while a group is written out. */
const GROUP_WEIGHT = 4 * MB;

interface Entry {
  readonly line: Line;
  readonly weight: number;
}
interface Group extends GroupBytes {
  readonly segment: string;
  readonly deltas: readonly Delta[];
  readonly entries: number;
  readonly weight: number;
}
interface Waiter {
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (why: Fault) => void;
}

export interface CommitParts {
  readonly config: TrajectoryConfig;
  readonly files: GroupFiles;
  readonly packs: PackWriter;
  readonly masker: Masker;
  /** Told of each group that is on disk. */
  readonly saved: (segment: string, deltas: readonly Delta[]) => void;
}

/** Puts the lines of all runs to disk in groups, in the order in which they came. A group that fails is tried again. */
export class GroupCommit {
  readonly #parts: CommitParts;
  readonly #encoder: LineEncoder;
  readonly #clean: (name: string) => string;
  readonly #lines = new GrowingBuffer();
  #queue: Entry[] = [];
  #head = 0;
  #waitingBytes = 0;
  #pushed = 0;
  #saved = 0;
  #waiters: Waiter[] = [];
  #group: Group | undefined;
  /** Takes back the commit that is to come. */
  #unschedule: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #failure: Fault | undefined;
  #sliceEnd = 0;
  #closed = false;

  constructor(parts: CommitParts) {
    this.#parts = parts;
    this.#encoder = new LineEncoder(parts.masker, parts.packs, parts.config.longText);
    this.#clean = (name) => parts.masker.text(name);
  }

  /** Why the last group could not be written; undefined once one could. */
  get failure(): Fault | undefined {
    return this.#failure;
  }
  get waitingBytes(): number {
    return this.#waitingBytes;
  }
  /** Lines that are not on disk yet. */
  get waiting(): number {
    return this.#pushed - this.#saved;
  }
  hasRoom(weight: number): boolean {
    return this.#waitingBytes + weight <= this.#parts.config.maxWaitingMb * MB;
  }

  /** The number of the line, for `settled`. */
  push(line: Line, weight: number): number {
    this.#queue.push({ line, weight });
    this.#waitingBytes += weight;
    this.#schedule(this.#failure === undefined ? this.#parts.config.groupDelayMs : this.#parts.config.retryMs);
    return ++this.#pushed;
  }

  /** Resolves when the line with this number, and all before it, are on disk. Fault TRAJECTORY_NOT_SAVED. */
  settled(upTo: number): Promise<void> {
    if (upTo <= this.#saved) return Promise.resolve();
    if (this.#closed) return Promise.reject(this.#failure ?? ENDED);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo, resolve, reject });
      // Somebody waits: no more company is waited for; and a disk that was full may have room again.
      this.#schedule(0);
    });
  }

  /** Writes what is there, or gives it up; the number of lines that are lost. */
  async close(): Promise<number> {
    await this.#running;
    if (this.waiting > 0) await this.#run();
    this.#closed = true;
    this.#unschedule?.();
    this.#reject(this.#failure ?? ENDED);
    await this.#parts.files.close().catch(() => undefined);
    return this.waiting;
  }

  #schedule(withinMs: number): void {
    if (this.#running !== undefined || this.#closed) return;
    if (this.#unschedule !== undefined && withinMs > 0) return;
    this.#unschedule?.();
    const run = (): void => void this.#run();
    if (withinMs === 0) {
      const soon = setImmediate(run);
      this.#unschedule = () => clearImmediate(soon);
    } else {
      const later = setTimeout(run, withinMs);
      this.#unschedule = () => clearTimeout(later);
    }
  }

  #run(): Promise<void> {
    this.#unschedule?.();
    this.#unschedule = undefined;
    this.#running = this.#commitAll().finally(() => {
      this.#running = undefined;
      if (this.waiting > 0) this.#schedule(this.#failure === undefined ? 0 : this.#parts.config.retryMs);
    });
    return this.#running;
  }

  async #commitAll(): Promise<void> {
    this.#sliceEnd = performance.now() + this.#parts.config.sliceMs;
    while (this.waiting > 0) {
      try {
        this.#group ??= await this.#build();
        await this.#parts.files.write(this.#group);
      } catch (error) {
        this.#failure = notSaved(reason(error), error);
        this.#reject(this.#failure);
        return;
      }
      this.#done(this.#group);
      await this.#pause();
    }
  }

  #done({ segment, deltas, entries, weight }: Group): void {
    this.#group = undefined;
    this.#failure = undefined;
    this.#saved += entries;
    this.#waitingBytes -= weight;
    this.#parts.saved(segment, deltas);
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      if (waiter.upTo <= this.#saved) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }

  #reject(why: Fault): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) waiter.reject(why);
  }

  async #build(): Promise<Group> {
    const { segment, offset } = await this.#parts.files.begin(this.#parts.packs);
    this.#lines.cut(0);
    const deltas: Delta[] = [];
    let weight = 0;
    let from = offset;
    while (weight < GROUP_WEIGHT && this.#head < this.#queue.length) {
      const entry = this.#queue[this.#head++]!;
      const encoding = this.#encoder.encode(entry.line, this.#pause);
      const { text, json } = encoding instanceof Promise ? await encoding : encoding;
      const to = from + this.#lines.append(text);
      deltas.push(deltaOf(entry.line, json, { from, to }, this.#clean));
      from = to;
      weight += entry.weight;
      if (performance.now() >= this.#sliceEnd) await this.#pause();
    }
    this.#forgetTaken();
    const { texts, index } = this.#parts.packs.added();
    const lines = this.#lines.from(0);
    return { segment, deltas, weight, entries: deltas.length, lines, texts, index, textsSaved: false };
  }

  #forgetTaken(): void {
    if (this.#head === this.#queue.length) this.#queue = [];
    else if (this.#head > 1_000) this.#queue = this.#queue.slice(this.#head);
    else return;
    this.#head = 0;
  }

  /** Lets others have their turn, where the slice of time is used up. */
  readonly #pause = async (): Promise<void> => {
    if (performance.now() < this.#sliceEnd) return;
    await nextTurn();
    this.#sliceEnd = performance.now() + this.#parts.config.sliceMs;
  };
}

const notSaved = (why: string, cause?: unknown): Fault =>
  fault('TRAJECTORY_NOT_SAVED', `the trajectory could not be written: ${why}`, {
    kind: 'unavailable',
    hint: 'steps that wait are written as soon as it is possible again; see trajectory.dir',
    ...(cause !== undefined && { cause }),
  });
const ENDED = notSaved('the recorder has ended');
