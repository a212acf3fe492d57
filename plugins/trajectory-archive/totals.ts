import type { Sql } from '#plugins/storage/api';
import type { ArchiveTotals } from './api.ts';
import { FORMAT, LICENSE } from './tally.ts';

/** Sums are kept with every change: as many rows as there are formats and licences. */
export async function readTotals(sql: Sql): Promise<ArchiveTotals> {
  const rows = await sql.all<{ name: string; n: number }>('SELECT name, n FROM archive_counts ORDER BY name');
  const counts = new Map(rows.map(({ name, n }) => [name, n]));
  const by = (prefix: string): Record<string, number> =>
    Object.fromEntries(
      rows.flatMap(({ name, n }) => (name.startsWith(prefix) && n > 0 ? [[name.slice(prefix.length), n]] : [])),
    );
  const of = (name: string): number => counts.get(name) ?? 0;
  return {
    runs: of('runs'),
    duplicates: of('duplicates'),
    quarantined: of('quarantined'),
    erased: of('erased'),
    byFormat: by(FORMAT),
    byLicense: by(LICENSE),
    rawBytes: of('raw'),
    storedBytes: of('stored'),
  };
}
