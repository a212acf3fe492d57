import { createHash } from 'node:crypto';
import { type Log, reason } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import type { Launch } from '#plugins/tool-registry/api';
import type { Era } from './api.ts';

interface Verdict {
  readonly eras: readonly Era[];
  readonly at: number;
}

/** Which eras a server speaks, by its launch: asked once, kept over restarts for a time. */
export class Verdicts {
  readonly #ttlMs: number;
  readonly #storage: Storage | undefined;
  readonly #log: Log;
  readonly #known = new Map<string, Verdict>();

  constructor(ttlMs: number, storage: Storage | undefined, log: Log) {
    this.#ttlMs = ttlMs;
    this.#storage = storage;
    this.#log = log;
  }

  async load(): Promise<void> {
    if (this.#storage === undefined) return;
    await this.#storage.migrate('tool_dispatch', [
      {
        name: 'eras',
        sql: 'CREATE TABLE tool_dispatch_eras (launch TEXT PRIMARY KEY, eras TEXT NOT NULL, at BIGINT NOT NULL)',
      },
    ]);
    const since = Date.now() - this.#ttlMs;
    await this.#storage.run('DELETE FROM tool_dispatch_eras WHERE at < ?', [since]);
    for (const { launch, eras, at } of await this.#storage.all('SELECT launch, eras, at FROM tool_dispatch_eras'))
      this.#known.set(String(launch), { eras: String(eras).split(',') as Era[], at: Number(at) });
  }

  get(launch: Launch): readonly Era[] | undefined {
    const verdict = this.#known.get(hash(launch));
    return verdict !== undefined && Date.now() - verdict.at < this.#ttlMs ? verdict.eras : undefined;
  }

  set(launch: Launch, eras: readonly Era[]): void {
    const key = hash(launch);
    const at = Date.now();
    this.#known.set(key, { eras, at });
    const saved = this.#storage?.run(
      'INSERT INTO tool_dispatch_eras (launch, eras, at) VALUES (?, ?, ?) ON CONFLICT (launch) DO UPDATE SET eras = excluded.eras, at = excluded.at',
      [key, eras.join(','), at],
    );
    saved?.catch((error: unknown) =>
      this.#log.warn('could not keep which eras a server speaks', { reason: reason(error) }),
    );
  }

  /** What we believed was wrong: ask again next time. */
  forget(launch: Launch): void {
    this.#known.delete(hash(launch));
  }
}

// A launch may hold secrets: only its hash is kept.
const hash = (launch: Launch): string => createHash('sha256').update(JSON.stringify(launch)).digest('hex');
