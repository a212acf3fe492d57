import { existsSync } from 'node:fs';
import path from 'node:path';
import type { FSWatcher } from 'chokidar';

/** A folder that is not there cannot be watched; it is looked for this often. */
const FOLDER_POLL_MS = 500;

/** Calls `changed` once the file was touched and then quiet: written, replaced by a rename, made or removed. */
export class FileWatch {
  readonly #file: string;
  readonly #debounceMs: number;
  readonly #changed: () => void;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(file: string, debounceMs: number, changed: () => void) {
    this.#file = file;
    this.#debounceMs = debounceMs;
    this.#changed = changed;
  }

  async open(): Promise<void> {
    const folder = path.dirname(this.#file);
    if (!existsSync(folder)) {
      this.#poll = setTimeout(() => void this.open().then(() => this.#touched()), FOLDER_POLL_MS);
      this.#poll.unref();
      return;
    }
    const { watch } = await import('chokidar');
    if (this.#closed) return;
    // The folder, not the file: editors save by renaming another file over it.
    const watcher = watch(folder, {
      depth: 0,
      ignoreInitial: true,
      ignored: (one) => path.resolve(one) !== folder && path.resolve(one) !== this.#file,
    });
    this.#watcher = watcher;
    watcher.on('all', (_event, file) => {
      if (path.resolve(file) === this.#file) this.#touched();
    });
    watcher.on('error', () => undefined);
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#poll);
    await this.#watcher?.close();
  }

  #touched(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#changed, this.#debounceMs);
  }
}
