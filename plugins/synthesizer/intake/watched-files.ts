import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FSWatcher } from 'chokidar';

/**
 * Names files that were touched, a moment after their first touch. Many touches are told as one, so whoever reads must read to the end;
 * and what no event told of (a path that came later, an event that was lost) is found by sweeping.
 */
export class WatchedFiles {
  readonly #paths: readonly string[];
  readonly #quietMs: number;
  readonly #sweepMs: number;
  readonly #touched = new Map<string, number>();
  #watcher: FSWatcher | undefined;
  #wake: () => void = () => {};
  #sweepAt = 0;

  constructor(paths: readonly string[], options: { readonly quietMs: number; readonly sweepMs: number }) {
    this.#paths = paths.map((each) => path.resolve(each));
    this.#quietMs = options.quietMs;
    this.#sweepMs = options.sweepMs;
  }

  async open(): Promise<void> {
    this.#sweepAt = Date.now() + this.#sweepMs;
    if (this.#paths.length === 0) return;
    const { watch } = await import('chokidar');
    const watcher = watch([...this.#paths], {
      ignoreInitial: true,
      ignored: (one) => isHidden(one, this.#paths),
    });
    this.#watcher = watcher;
    watcher.on('add', (file) => this.#touch(file)).on('change', (file) => this.#touch(file));
    // A folder that may not be read is told by the sweep, which reads it.
    watcher.on('error', () => undefined);
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
  }

  /** Waits for the next: files that are quiet, or all paths where it is time to sweep. */
  async next(signal: AbortSignal): Promise<{ readonly files: readonly string[]; readonly sweep: boolean }> {
    for (;;) {
      signal.throwIfAborted();
      const now = Date.now();
      const files = [...this.#touched].filter(([, at]) => at + this.#quietMs <= now).map(([file]) => file);
      for (const file of files) this.#touched.delete(file);
      const sweep = now >= this.#sweepAt;
      if (sweep) this.#sweepAt = now + this.#sweepMs;
      if (files.length > 0 || sweep) return { files: files.filter((file) => existsSync(file)).sort(), sweep };
      await this.#pause(signal);
    }
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
    this.#wake();
  }

  #touch(file: string): void {
    const full = path.resolve(file);
    // By its first touch: a file that is written all the time would never be quiet.
    if (!this.#touched.has(full)) this.#touched.set(full, Date.now());
    this.#wake();
  }

  /** Until something is touched, or what was touched is quiet. */
  async #pause(signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const until = this.#touched.size > 0 ? this.#quietMs : this.#sweepAt - Date.now();
    const timer = new AbortController();
    await Promise.race([
      woken,
      sleep(Math.max(1, until), undefined, { signal: AbortSignal.any([signal, timer.signal]) }).catch(() => undefined),
    ]);
    timer.abort();
  }
}

const isHidden = (one: string, paths: readonly string[]): boolean => {
  const full = path.resolve(one);
  return !paths.includes(full) && path.basename(full).startsWith('.');
};
