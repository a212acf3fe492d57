import { type Log, reason } from '#kernel';
import type { RegistryChange, Server, Snapshot } from './api.ts';
import type { Change } from './differences.ts';
import { Lookup } from './lookup.ts';
import { buildSnapshot, emptySnapshot, withServers } from './snapshot.ts';
import { Spellings } from './spellings.ts';

const RESERVE = 1000;

/**
 * The servers, and the snapshot that is made of them. Changes of one turn share one rebuild and one version; whoever
 * asks in between gets a snapshot that has them all. Listeners hear of changes after the turn, in their order.
 */
export class Catalog {
  readonly #servers = new Map<string, Server>();
  readonly #listeners = new Set<(change: RegistryChange) => void>();
  readonly #log: Log;
  readonly #reserve: (count: number) => Promise<number>;
  readonly spellings = new Spellings();
  #snapshot: Snapshot = emptySnapshot(0);
  #lookup = new Lookup(this.#snapshot, this.spellings);
  #stale: 'no' | 'health' | 'tools' = 'no';
  #changes: Change[] = [];
  #reservedUntil = 0;
  #reserving = false;

  constructor(log: Log, reserve: (count: number) => Promise<number>) {
    this.#log = log;
    this.#reserve = reserve;
  }

  /** Continues behind every version that this or an earlier process may have told anybody. */
  async open(): Promise<void> {
    this.#reservedUntil = await this.#reserve(RESERVE);
    this.startAfter(this.#reservedUntil - RESERVE);
  }

  startAfter(version: number): void {
    if (version < this.#snapshot.version) return;
    this.#snapshot = { ...this.snapshot, version: version + 1 };
    this.#lookup = new Lookup(this.#snapshot, this.spellings);
  }

  get snapshot(): Snapshot {
    if (this.#stale !== 'no') this.#rebuild();
    return this.#snapshot;
  }

  get lookup(): Lookup {
    if (this.#stale !== 'no') this.#rebuild();
    return this.#lookup;
  }

  /** The newest record, without a rebuild. */
  server(id: string): Server | undefined {
    return this.#servers.get(id);
  }
  get servers(): ReadonlyMap<string, Server> {
    return this.#servers;
  }

  put(server: Server, ...changes: readonly Change[]): void {
    const before = this.#servers.get(server.id);
    if (before?.spec !== server.spec) {
      if (before) this.spellings.remove(before);
      this.spellings.add(server);
    }
    this.#servers.set(server.id, server);
    this.#changed(changes);
  }

  delete(id: string, change: Change): void {
    const before = this.#servers.get(id);
    if (before) this.spellings.remove(before);
    this.#servers.delete(id);
    this.#changed([change]);
  }

  /** Something that is made of the snapshot has changed: another version, the same servers and tools. */
  touch(): void {
    if (this.#stale === 'no') this.#stale = 'health';
  }

  listen(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  get listeners(): ReadonlySet<(change: RegistryChange) => void> {
    return this.#listeners;
  }

  #changed(changes: readonly Change[]): void {
    if (this.#changes.length === 0 && changes.length > 0) queueMicrotask(() => this.#announce());
    this.#changes.push(...changes);
    const healthOnly = changes.length > 0 && changes.every((change) => change.type === 'server_health');
    if (!healthOnly) this.#stale = 'tools';
    else if (this.#stale === 'no') this.#stale = 'health';
  }

  #rebuild(): void {
    const version = this.#snapshot.version + 1;
    const servers = this.#servers.values();
    const next =
      this.#stale === 'tools' ? buildSnapshot(version, servers) : withServers(this.#snapshot, version, servers);
    this.#stale = 'no';
    this.#lookup = new Lookup(next, this.spellings);
    this.#snapshot = next;
    if (version + RESERVE / 2 > this.#reservedUntil) void this.#reserveMore();
  }

  #announce(): void {
    const { version } = this.snapshot;
    const changes = this.#changes;
    this.#changes = [];
    const at = Date.now();
    for (const change of changes) {
      for (const listener of this.#listeners) {
        try {
          listener({ ...change, version, at });
        } catch (error) {
          this.#log.error('a listener of the tool registry failed', { reason: reason(error), change: change.type });
        }
      }
    }
  }

  async #reserveMore(): Promise<void> {
    if (this.#reserving || this.#reservedUntil === 0) return;
    this.#reserving = true;
    try {
      this.#reservedUntil = await this.#reserve(RESERVE);
    } catch (error) {
      this.#log.warn('no registry versions could be reserved', { reason: reason(error) });
    } finally {
      this.#reserving = false;
    }
  }
}
