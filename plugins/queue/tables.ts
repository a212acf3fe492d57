import type { Migration } from '#plugins/storage/api';

/**
 * `due_at` says when a worker may take the job: 0 is now; else `notBefore` or the end of a pause where it waits, the end of
 * the lease where it is at work; NULL where it is over. What becomes due is set to 0 by whoever looks next, so that the jobs
 * that may be taken have an index of their own, whatever number of others waits for its time. `token` is new each time that it is taken. `place` keeps the order in which jobs came.
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
  {
    name: 'paused lanes, dead letters, and an index of what is due',
    sql: `
      CREATE TABLE queue_paused (lane TEXT PRIMARY KEY);
      CREATE INDEX queue_jobs_failed ON queue_jobs (lane, ended_at) WHERE state = 'failed';
      DROP INDEX queue_jobs_open;
      CREATE INDEX queue_jobs_ready ON queue_jobs (lane, priority DESC, place) WHERE due_at = 0;
      CREATE INDEX queue_jobs_later ON queue_jobs (lane, due_at) WHERE due_at > 0`,
  },
];
