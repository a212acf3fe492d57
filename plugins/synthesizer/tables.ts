import type { Migration } from '#plugins/storage/api';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'essences, clusters, seeds, calls',
    sql: `
      CREATE TABLE synthesizer_essences (
        trajectory TEXT PRIMARY KEY, seq BIGINT NOT NULL, recipe TEXT NOT NULL, strategy TEXT NOT NULL,
        essence TEXT NOT NULL, calls TEXT NOT NULL, redactions TEXT NOT NULL, at BIGINT NOT NULL
      );
      CREATE TABLE synthesizer_clusters (
        trajectory TEXT PRIMARY KEY, seq BIGINT NOT NULL, cluster TEXT NOT NULL
      );
      CREATE INDEX synthesizer_clusters_of ON synthesizer_clusters (cluster);
      CREATE TABLE synthesizer_seeds (
        id TEXT PRIMARY KEY, place BIGINT NOT NULL, cluster TEXT NOT NULL, trajectory TEXT NOT NULL,
        evolution TEXT NOT NULL, recipe TEXT NOT NULL, state TEXT NOT NULL, task_id TEXT, draft TEXT, verdicts TEXT,
        calls TEXT, parents TEXT, filter TEXT, why TEXT, at BIGINT NOT NULL
      );
      CREATE INDEX synthesizer_seeds_state ON synthesizer_seeds (state, place);
      CREATE INDEX synthesizer_seeds_task ON synthesizer_seeds (task_id);
      CREATE TABLE synthesizer_calls (
        key TEXT PRIMARY KEY, stage TEXT NOT NULL, trajectory TEXT NOT NULL, prompt TEXT NOT NULL, prompt_hash TEXT NOT NULL,
        model TEXT NOT NULL, answer TEXT NOT NULL, input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
        usd DOUBLE PRECISION, at BIGINT NOT NULL
      );
      CREATE INDEX synthesizer_calls_of ON synthesizer_calls (trajectory);
      CREATE TABLE synthesizer_attempts (
        id TEXT NOT NULL, key TEXT NOT NULL, stage TEXT NOT NULL, model TEXT NOT NULL, what TEXT NOT NULL,
        input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, usd DOUBLE PRECISION, at BIGINT NOT NULL
      );
      CREATE INDEX synthesizer_attempts_of ON synthesizer_attempts (id);
      CREATE TABLE synthesizer_failures (
        job TEXT PRIMARY KEY, trajectory TEXT NOT NULL, stage TEXT NOT NULL, why TEXT NOT NULL, at BIGINT NOT NULL
      );
      CREATE TABLE synthesizer_lead (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL, term BIGINT NOT NULL);
      CREATE TABLE synthesizer_state (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
  },
];
