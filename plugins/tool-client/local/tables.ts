import type { Migration } from '#plugins/storage/api';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'calls with a key',
    sql: `
      CREATE TABLE tool_client_calls (
        call_key TEXT PRIMARY KEY, tool TEXT NOT NULL, arguments TEXT NOT NULL, begun_at BIGINT NOT NULL,
        done_at BIGINT, outcome TEXT);
      CREATE INDEX tool_client_calls_begun ON tool_client_calls (begun_at)`,
  },
];
