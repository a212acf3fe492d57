import type { Migration } from '#plugins/storage/api';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'catalog documents',
    sql: 'CREATE TABLE tool_search_documents (source TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (source, id))',
  },
  {
    name: 'vectors of texts',
    sql: {
      sqlite: vectorTable('BLOB'),
      postgres: vectorTable('BYTEA'),
    },
  },
];

function vectorTable(bytes: string): string {
  return `CREATE TABLE tool_search_vectors (model TEXT NOT NULL, hash TEXT NOT NULL, vector ${bytes} NOT NULL,
      used_at BIGINT NOT NULL, PRIMARY KEY (model, hash));
    CREATE INDEX tool_search_vectors_use ON tool_search_vectors (used_at)`;
}
