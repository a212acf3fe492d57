import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '#kernel';

interface Watched {
  readonly inode: number;
  readonly watcher: FSWatcher;
}

/** A system hands out only so many. */
const MOST = 4_096;

/** Says in which of many folders something changed. What it was is found by looking. */
export class FolderWatch {
  readonly #changed: (folder: string) => void;
  readonly #log: Log;
  readonly #watched = new Map<string, Watched>();
  /** Folders above a missing one: only what they wait for matters. */
  readonly #above = new Map<string, Set<string>>();
  #isRefused = false;

  constructor(changed: (folder: string) => void, log: Log) {
    this.#changed = changed;
    this.#log = log;
  }

  /**
   * Watches these, by inode, and for each of `roots` that is missing the nearest folder above it. Gives those that are new:
   * what happened in them before has to be looked for.
   */
  async follow(folders: ReadonlyMap<string, number>, roots: readonly string[]): Promise<readonly string[]> {
    const wanted = new Map([...folders].slice(0, MOST));
    this.#above.clear();
    for (const root of roots) {
      if (folders.has(root)) continue;
      const above = await nearestAbove(root);
      if (above === undefined || folders.has(above.folder)) continue;
      wanted.set(above.folder, above.inode);
      this.#above.set(above.folder, (this.#above.get(above.folder) ?? new Set()).add(above.next));
    }
    for (const [folder, { inode, watcher }] of this.#watched) {
      if (wanted.get(folder) === inode) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    return [...wanted]
      .filter(([folder, inode]) => !this.#watched.has(folder) && this.#open(folder, inode))
      .map(([folder]) => folder);
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #open(folder: string, inode: number): boolean {
    if (this.#isRefused) return false;
    try {
      const watcher = watch(folder, { persistent: false }, (_, file) => {
        const awaited = this.#above.get(folder);
        if (awaited === undefined || file === null || awaited.has(file)) this.#changed(folder);
      });
      watcher.on('error', () => {
        watcher.close();
        if (this.#watched.get(folder)?.watcher === watcher) this.#watched.delete(folder);
        this.#changed(folder);
      });
      this.#watched.set(folder, { inode, watcher });
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EMFILE') return false; // gone meanwhile
      this.#isRefused = true;
      this.#log.warn('The system gives no more watches: changes of skills are seen at the next look.', { code });
      return false;
    }
  }
}

async function nearestAbove(root: string): Promise<{ folder: string; inode: number; next: string } | undefined> {
  for (let folder = root; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const above = path.dirname(folder);
    const found = await stat(above).catch(() => undefined);
    if (found?.isDirectory()) return { folder: above, inode: found.ino, next: path.basename(folder) };
  }
  return undefined;
}
