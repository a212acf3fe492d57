import type { Migration } from '#plugins/storage/api';

/**
 * `due_at` says when a worker may take the job: `notBefore` or the end of a pause where it waits, the end of the lease where
 * it is at work; NULL where it is over. `token` is new each time that it is taken. `place` keeps the order in which jobs came.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'jobs',
    sql: `
      CREATE TABLE queue_jobs (lane TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
        priority BIGINT NOT NULL, place BIGINT NOT NULL, due_at BIGINT, token TEXT, cancelling BIGINT NOT NULL,
        attempts BIGINT NOT NULL, failures BIGINT NOT NULL, lost BIGINT NOT NULL, error TEXT,
        added_at BIGINT NOT NULL, ended_at BIGINT, PRIMARY KEY (lane, id));
      CREATE INDEX queue_jobs_open ON queue_jobs (lane, priority DESC, place) WHERE due_at IS NOT NULL;
      CREATE INDEX queue_jobs_over ON queue_jobs (lane, ended_at) WHERE ended_at IS NOT NULL`,
  },
];
