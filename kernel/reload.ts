import { reason } from './errors.ts';
import type { Examined, ExamineOptions } from './examine.ts';
import type { Host } from './host.ts';
import { LivePlan } from './live-plan.ts';
import { type Change, Watcher } from './watch.ts';

export interface ReloadOptions extends ExamineOptions {
  /** Overrides the pipeline's `watch`. */
  readonly watch?: boolean;
}

/** Sees edits of plugin folders and of the pipeline, and brings each into the running kernel. */
export class Reloader {
  readonly #host: Host;
  readonly #watch: boolean | undefined;
  readonly #live: LivePlan;
  /** By what is edited: the changes that wait, each once. One plugin's follow each other, those of different ones do not wait. */
  readonly #lanes = new Map<string, Map<string, Change>>();
  readonly #running = new Set<Promise<void>>();
  #watcher: Watcher | undefined;
  #stopped = false;
  /** Ends when edits are seen at once. */
  watching: Promise<void> = Promise.resolve();

  constructor(host: Host, examined: Examined, options: ReloadOptions) {
    this.#host = host;
    this.#watch = options.watch;
    this.#live = new LivePlan(host, examined, options, {
      mark: (change) => this.#mark(change),
      follow: (watched) => this.#watcher?.follow(watched),
    });
  }

  /** Loads folders that were dropped while no kernel ran, then watches. */
  async begin(): Promise<void> {
    for (const change of this.#live.droppable()) this.#mark(change);
    await this.settled();
    const { mode, watch = mode !== 'cli' } = this.#host.plan.keys;
    if (!(this.#watch ?? watch !== false)) return;
    const debounceMs = typeof watch === 'object' ? watch.debounceMs : 40;
    this.#watcher = new Watcher(this.#live.watched, debounceMs, (change) => this.#mark(change));
    const failed = (error: unknown): void => this.#host.log.error('Watching failed.', { reason: reason(error) });
    // Not awaited here: serving does not wait for the watcher; what was edited until it is ready is found by its hash.
    this.watching = this.#watcher.open(failed).then(() => {
      for (const change of this.#live.outdated()) this.#mark(change);
    }, failed);
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watcher?.close();
    await this.settled();
  }

  #mark(change: Change): void {
    if (this.#stopped) return;
    const lane = change.kind === 'plugin' ? `plugin ${change.name}` : change.kind;
    const waiting = this.#lanes.get(lane);
    if (waiting !== undefined) return void waiting.set(JSON.stringify(change), change);
    const fresh = new Map([[JSON.stringify(change), change]]);
    this.#lanes.set(lane, fresh);
    const running = this.#work(lane, fresh).then(() => void this.#running.delete(running));
    this.#running.add(running);
  }

  async #work(lane: string, waiting: Map<string, Change>): Promise<void> {
    // Whoever marks in this very step is heard, and what is marked later joins the lane.
    await Promise.resolve();
    for (const [key, change] of waiting) {
      waiting.delete(key);
      if (this.#stopped) break;
      try {
        await this.#live.take(change);
      } catch (error) {
        this.#host.log.error('A reload failed.', { reason: reason(error) });
      }
    }
    this.#lanes.delete(lane);
  }
}
