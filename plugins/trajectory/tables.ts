import type { Migration } from '#plugins/storage/api';

/**
 * An index of the segments, and what is counted from them: all of it can be made anew from the files. `place` is the folder
 * of the files, of which one database may have several (those of several machines).
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'runs, files, tool uses',
    sql: `
      CREATE TABLE trajectory_files (place TEXT NOT NULL, file TEXT NOT NULL, position BIGINT NOT NULL,
        sealed BIGINT NOT NULL, PRIMARY KEY (place, file));
      CREATE TABLE trajectory_runs (place TEXT NOT NULL, id TEXT NOT NULL, hold BIGINT NOT NULL, holder TEXT NOT NULL,
        closed BIGINT NOT NULL, begun TEXT, started_at BIGINT, ended TEXT, steps BIGINT NOT NULL, scenario TEXT,
        scenario_step BIGINT NOT NULL, PRIMARY KEY (place, id));
      CREATE INDEX trajectory_runs_started ON trajectory_runs (place, started_at);
      CREATE TABLE trajectory_run_files (place TEXT NOT NULL, run TEXT NOT NULL, file TEXT NOT NULL,
        first_byte BIGINT NOT NULL, last_byte BIGINT NOT NULL, PRIMARY KEY (place, run, file));
      CREATE TABLE trajectory_tool_uses (tool TEXT NOT NULL, scenario TEXT NOT NULL, calls BIGINT NOT NULL,
        successes BIGINT NOT NULL, total_ms DOUBLE PRECISION NOT NULL, last_used_at BIGINT NOT NULL,
        PRIMARY KEY (tool, scenario))`,
  },
];
