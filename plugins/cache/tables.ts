import type { Migration } from '#plugins/storage/api';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'entries and the tag clock',
    sql: `
      CREATE TABLE cache_entries (space TEXT NOT NULL, entry TEXT NOT NULL, value TEXT NOT NULL, size BIGINT NOT NULL,
        used_at BIGINT NOT NULL, expires_at BIGINT, PRIMARY KEY (space, entry));
      CREATE INDEX cache_entries_expiry ON cache_entries (expires_at);
      CREATE INDEX cache_entries_use ON cache_entries (used_at);
      CREATE TABLE cache_clock (id BIGINT PRIMARY KEY, database TEXT NOT NULL, epoch TEXT NOT NULL,
        ticks BIGINT NOT NULL);
      CREATE TABLE cache_tags (tag TEXT PRIMARY KEY, tick BIGINT NOT NULL)`,
  },
];
