import type { Migration } from '#plugins/storage/api';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'proposals, marks',
    sql: `
      CREATE TABLE evolution_proposals (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL, record TEXT NOT NULL,
        approval TEXT, why TEXT, created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL,
        baseline_uses BIGINT NOT NULL, baseline_successes BIGINT NOT NULL, from_uses BIGINT NOT NULL,
        from_successes BIGINT NOT NULL, since_uses BIGINT NOT NULL, since_successes BIGINT NOT NULL);
      CREATE UNIQUE INDEX evolution_proposals_open ON evolution_proposals (kind, subject)
        WHERE state IN ('waiting', 'measuring');
      CREATE INDEX evolution_proposals_state ON evolution_proposals (state, created_at);
      CREATE TABLE evolution_marks (
        tool TEXT PRIMARY KEY, former_uses BIGINT NOT NULL, former_successes BIGINT NOT NULL,
        uses BIGINT NOT NULL, successes BIGINT NOT NULL)`,
  },
];
