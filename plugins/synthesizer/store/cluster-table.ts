import type { Sql } from '#plugins/storage/api';
import { chunks, placeholders } from './placeholders.ts';

export interface ClusterRow {
  readonly trajectory: string;
  readonly seq: number;
  readonly cluster: string;
}
const IN_ONE = 200;

export async function putClusters(sql: Sql, rows: readonly ClusterRow[]): Promise<void> {
  for (const some of chunks(rows, IN_ONE))
    await sql.run(
      `INSERT INTO synthesizer_clusters (trajectory, seq, cluster) VALUES ${some.map(() => '(?, ?, ?)').join(', ')}
       ON CONFLICT (trajectory) DO NOTHING`,
      some.flatMap(({ trajectory, seq, cluster }) => [trajectory, seq, cluster]),
    );
}

/** In order of arrival. */
export async function allClusters(sql: Sql): Promise<readonly ClusterRow[]> {
  const rows = await sql.all<{ trajectory: string; seq: number; cluster: string }>(
    'SELECT trajectory, seq, cluster FROM synthesizer_clusters ORDER BY seq',
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

/** Runs whose essence of this recipe is not there, and whose job has not failed for good. */
export async function withoutEssence(sql: Sql, recipe: string): Promise<readonly string[]> {
  const rows = await sql.all<{ trajectory: string }>(
    `SELECT trajectory FROM synthesizer_clusters
     WHERE trajectory NOT IN (SELECT trajectory FROM synthesizer_essences WHERE recipe = ?)
       AND trajectory NOT IN (SELECT trajectory FROM synthesizer_failures WHERE stage = 'essence') ORDER BY seq`,
    [recipe],
  );
  return rows.map((row) => row.trajectory);
}

export async function clusterOf(sql: Sql, cluster: string): Promise<readonly string[]> {
  const rows = await sql.all<{ trajectory: string }>(
    'SELECT trajectory FROM synthesizer_clusters WHERE cluster = ? ORDER BY seq',
    [cluster],
  );
  return rows.map((row) => row.trajectory);
}

/** A cluster whose first run goes has the name of the one that is first then. */
export async function dropFromClusters(sql: Sql, trajectories: readonly string[]): Promise<void> {
  for (const some of chunks(trajectories, IN_ONE))
    await sql.run(`DELETE FROM synthesizer_clusters WHERE trajectory IN ${placeholders(some.length)}`, some);
  for (const gone of trajectories) {
    const [first] = await clusterOf(sql, gone);
    if (first === undefined) continue;
    await sql.run('UPDATE synthesizer_clusters SET cluster = ? WHERE cluster = ?', [first, gone]);
    await sql.run(
      `UPDATE synthesizer_seeds SET cluster = ?, id = ? || SUBSTR(id, LENGTH(cluster) + 1) WHERE cluster = ?`,
      [first, first, gone],
    );
  }
}
