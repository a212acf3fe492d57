import path from 'node:path';
import type { FSWatcher } from 'chokidar';
import { hashFile, hashFolder } from './load.ts';
import { HOST_DIR } from './resolve.ts';

/** What an edit means. A plugin is named by the folder that holds its folder, and its name. */
export type Change =
  | { readonly kind: 'plugin'; readonly within: string; readonly name: string }
  | { readonly kind: 'pipeline' }
  | { readonly kind: 'restart'; readonly what: string };

export interface Watched {
  readonly dirs: readonly string[];
  readonly files: readonly string[];
}

/** Tells what was edited once it has been quiet for a moment: many writes to one plugin are one change. */
export class Watcher {
  readonly #debounceMs: number;
  readonly #report: (change: Change) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #watched: Watched;
  /** What this process runs; it cannot be reloaded. */
  #own = ownHash();
  #watcher: FSWatcher | undefined;

  constructor(watched: Watched, debounceMs: number, report: (change: Change) => void) {
    this.#watched = watched;
    this.#debounceMs = debounceMs;
    this.#report = report;
  }

  async open(onError: (error: unknown) => void): Promise<void> {
    const { watch } = await import('chokidar');
    const fixed = [path.join(HOST_DIR, 'kernel'), path.join(HOST_DIR, 'package.json')];
    const roots = [...this.#watched.dirs, ...fixed];
    this.#watcher = watch([...roots, ...this.#watched.files], {
      ignoreInitial: true,
      ignored: (file) => roots.concat(this.#watched.dirs).some((root) => isHidden(root, file)),
    });
    this.#watcher.on('all', (_event, file) => this.#touched(path.resolve(file)));
    this.#watcher.on('error', onError);
    await new Promise<void>((resolve) => this.#watcher!.once('ready', resolve));
  }

  /** After an edited pipeline: other folders, other included files. */
  follow(watched: Watched): void {
    const known = new Set([...this.#watched.dirs, ...this.#watched.files]);
    const added = [...watched.dirs, ...watched.files].filter((each) => !known.has(each));
    this.#watched = watched;
    if (added.length > 0) this.#watcher?.add(added);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await this.#watcher?.close();
  }

  #touched(file: string): void {
    const change = this.#meaning(file);
    if (change === undefined) return;
    const key = JSON.stringify(change);
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        if (change.kind !== 'restart' || this.#ownChanged()) this.#report(change);
      }, this.#debounceMs),
    );
  }

  /** A new time stamp or mode alone is no edit. */
  #ownChanged(): boolean {
    const before = this.#own;
    this.#own = ownHash();
    return this.#own !== before;
  }

  #meaning(file: string): Change | undefined {
    if (this.#watched.files.includes(file)) return { kind: 'pipeline' };
    for (const within of this.#watched.dirs) {
      const [name] = path.relative(within, file).split(path.sep);
      if (name !== undefined && name !== '' && name !== '..' && !path.isAbsolute(name))
        return { kind: 'plugin', within, name };
    }
    const own = path.relative(HOST_DIR, file);
    if (own === 'package.json') return { kind: 'restart', what: own };
    return own.startsWith(`kernel${path.sep}`) && /\.[jt]s$/.test(own)
      ? { kind: 'restart', what: 'kernel/' }
      : undefined;
  }
}

const ownHash = (): string => hashFolder(path.join(HOST_DIR, 'kernel')) + hashFile(path.join(HOST_DIR, 'package.json'));

function isHidden(root: string, file: string): boolean {
  const inside = path.relative(root, file);
  if (inside === '' || inside.startsWith('..') || path.isAbsolute(inside)) return false;
  return inside.split(path.sep).some((part) => part.startsWith('.') || part === 'node_modules');
}
