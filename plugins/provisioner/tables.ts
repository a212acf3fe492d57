import type { Migration } from '#plugins/storage/api';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'servers and jobs',
    sql: `
      CREATE TABLE provisioner_servers (server TEXT PRIMARY KEY, record TEXT NOT NULL, installed_at BIGINT NOT NULL);
      CREATE TABLE provisioner_jobs (id TEXT PRIMARY KEY, state TEXT NOT NULL, record TEXT NOT NULL, started_at BIGINT NOT NULL);
      CREATE INDEX provisioner_jobs_state ON provisioner_jobs (state)`,
  },
];
