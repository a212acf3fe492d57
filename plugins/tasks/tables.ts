import type { Migration } from '#plugins/storage/api';

/**
 * `worker` is new each time that a worker begins; what it writes later is written on condition of it. `run_place` is the
 * trajectories' that began it; `missed_at`, from when it waits for a worker there, when one was last known to be.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'tasks and their events',
    sql: `
      CREATE TABLE tasks_records (id TEXT PRIMARY KEY, description TEXT NOT NULL, options TEXT NOT NULL, state TEXT NOT NULL,
        place BIGINT NOT NULL, worker TEXT, defects BIGINT NOT NULL, created_at BIGINT NOT NULL, started_at BIGINT,
        ended_at BIGINT, step BIGINT, waiting TEXT, answer TEXT, result TEXT, error TEXT);
      CREATE INDEX tasks_records_open ON tasks_records (place) WHERE ended_at IS NULL;
      CREATE INDEX tasks_records_over ON tasks_records (ended_at) WHERE ended_at IS NOT NULL;
      CREATE INDEX tasks_records_place ON tasks_records (place);
      CREATE TABLE tasks_events (task TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (task, seq))`,
  },
  {
    name: 'answers apart, and where runs are recorded',
    sql: `
      ALTER TABLE tasks_records ADD COLUMN result_answer TEXT;
      ALTER TABLE tasks_records ADD COLUMN run_place TEXT;
      ALTER TABLE tasks_records ADD COLUMN missed_at BIGINT`,
  },
];
