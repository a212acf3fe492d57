import type { Sql } from '#plugins/storage/api';
import type { Write } from './write-group.ts';

/** A job that failed for good. */
export interface FailureRow {
  readonly job: string;
  readonly trajectory: string;
  readonly stage: string;
  readonly why: string;
  readonly at: number;
}

export const putFailure = ({ job, trajectory, stage, why, at }: FailureRow): Write => [
  `INSERT INTO synthesizer_failures (job, trajectory, stage, why, at) VALUES (?, ?, ?, ?, ?)
   ON CONFLICT (job) DO NOTHING`,
  [job, trajectory, stage, why, at],
];

export async function allFailures(sql: Sql): Promise<readonly FailureRow[]> {
  const rows = await sql.all<FailureRow & Record<string, unknown>>(
    'SELECT job, trajectory, stage, why, at FROM synthesizer_failures ORDER BY job',
  );
  return rows.map((row) => ({ ...row, at: Number(row.at) }));
}

/** Before another try. */
export async function clearFailures(sql: Sql): Promise<void> {
  await sql.run('DELETE FROM synthesizer_failures');
  await sql.run(`UPDATE synthesizer_seeds SET state = 'planned', why = NULL WHERE state = 'failed'`);
}

/** Planned seeds whose essence failed for good have nothing to wait for. */
export async function failOrphans(sql: Sql): Promise<number> {
  return sql.run(
    `UPDATE synthesizer_seeds SET state = 'failed', why = 'its essence failed'
     WHERE state = 'planned' AND trajectory IN (SELECT trajectory FROM synthesizer_failures WHERE stage = 'essence')
       AND trajectory NOT IN (SELECT trajectory FROM synthesizer_essences)`,
  );
}
