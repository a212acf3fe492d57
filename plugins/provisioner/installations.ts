import { fault } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import type { InstalledServer } from './api.ts';

/** The servers that are installed. A row is what makes an installation count: without one, its files are swept away. */
export class Installations {
  readonly #storage: Storage;
  readonly #servers = new Map<string, InstalledServer>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    const rows = await this.#storage.all<{ record: string }>(
      'SELECT record FROM provisioner_servers ORDER BY installed_at',
    );
    for (const { record } of rows) {
      const server = JSON.parse(record) as InstalledServer;
      this.#servers.set(server.server, server);
    }
  }

  get all(): readonly InstalledServer[] {
    return [...this.#servers.values()];
  }

  get(server: string): InstalledServer | undefined {
    return this.#servers.get(server);
  }

  /** Fault INSTALLATION_UNKNOWN. */
  known(server: string): InstalledServer {
    const installed = this.#servers.get(server);
    if (installed !== undefined) return installed;
    throw fault('INSTALLATION_UNKNOWN', `no installed server "${server}"`, {
      kind: 'not_found',
      alternatives: [...this.#servers.keys()],
      hint: 'only servers that were installed on request are meant; others come from mcp.json, REST or plugins',
    });
  }

  /** By the candidate's identity. */
  of(candidate: string): InstalledServer | undefined {
    return this.all.find((each) => each.candidate === candidate);
  }

  /** Durable when it resolves. */
  async add(server: InstalledServer): Promise<void> {
    const { server: id, installedAt } = server;
    await this.#storage.run(
      `INSERT INTO provisioner_servers (server, record, installed_at) VALUES (?, ?, ?)
       ON CONFLICT (server) DO UPDATE SET record = excluded.record, installed_at = excluded.installed_at`,
      [id, JSON.stringify(server), installedAt],
    );
    this.#servers.set(id, server);
  }

  async remove(server: string): Promise<void> {
    await this.#storage.run('DELETE FROM provisioner_servers WHERE server = ?', [server]);
    this.#servers.delete(server);
  }
}
