import type { Migration } from '#plugins/storage/api';

const tables = (number: string, bytes: string): string => `
  CREATE TABLE archive_runs (seq ${number} PRIMARY KEY, id TEXT NOT NULL UNIQUE, run_key TEXT NOT NULL,
    format TEXT NOT NULL, file TEXT NOT NULL, task TEXT, agent TEXT, model TEXT, license TEXT, session TEXT,
    success BIGINT, score DOUBLE PRECISION, evidence TEXT, steps BIGINT NOT NULL, messages BIGINT NOT NULL,
    tools TEXT NOT NULL, size BIGINT NOT NULL, raw_bytes BIGINT NOT NULL, added_at BIGINT NOT NULL);
  CREATE INDEX archive_runs_session ON archive_runs (session) WHERE session IS NOT NULL;
  CREATE TABLE archive_bodies (seq ${number} PRIMARY KEY, texts ${bytes} NOT NULL, data ${bytes} NOT NULL);
  CREATE TABLE archive_texts (hash ${bytes} PRIMARY KEY, refs BIGINT NOT NULL, data ${bytes} NOT NULL);
  CREATE TABLE archive_seen (n ${number} PRIMARY KEY, hashes ${bytes} NOT NULL);
  CREATE TABLE archive_erased (n ${number} PRIMARY KEY, id TEXT NOT NULL UNIQUE, why TEXT NOT NULL, at BIGINT NOT NULL,
    session TEXT);
  CREATE INDEX archive_erased_session ON archive_erased (session) WHERE session IS NOT NULL;
  CREATE TABLE archive_effects (tool TEXT NOT NULL, scenario TEXT NOT NULL, calls BIGINT NOT NULL,
    successes BIGINT NOT NULL, runs BIGINT NOT NULL, run_successes BIGINT NOT NULL, run_failures BIGINT NOT NULL,
    PRIMARY KEY (tool, scenario));
  CREATE TABLE archive_counts (name TEXT PRIMARY KEY, n BIGINT NOT NULL);
  CREATE TABLE archive_quarantine (id ${bytes} PRIMARY KEY, n BIGINT NOT NULL, file TEXT NOT NULL, place BIGINT NOT NULL,
    bytes_hash TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL);
  CREATE TABLE archive_positions (id ${bytes} PRIMARY KEY, file TEXT NOT NULL, position TEXT NOT NULL);
  INSERT INTO archive_counts (name, n) VALUES ('number', 0)`;

/**
 * `archive_runs` is what lists and statistics need; the run itself is compressed in `archive_bodies`, with the hashes of its
 * long texts, 16 bytes each, which are in `archive_texts`. `archive_seen` holds hashes of records, 16 bytes each, those of
 * one batch in a row. Where `archive_erased` has a session, later versions of it stay away too.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'runs, texts, what was seen and erased, effects',
    sql: { sqlite: tables('INTEGER', 'BLOB'), postgres: tables('BIGINT', 'BYTEA') },
  },
];
