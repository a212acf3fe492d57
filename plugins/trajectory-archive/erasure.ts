import type { Erased } from './api.ts';
import { hashesIn } from './hash.ts';
import { countedOf, type HeadRow } from './heads.ts';
import { releaseTexts } from './text-table.ts';
import type { Writing } from './writing.ts';

/**
 * Takes a run out of everything and leaves its id, so that it does not come back. `endsSession`: nor do later versions of its
 * session, which hold all that it held.
 */
export async function eraseRun(writing: Writing, row: HeadRow, why: string, endsSession: boolean): Promise<void> {
  const { sql, tally } = writing;
  const body = await sql.get<{ texts: Uint8Array; bytes: number }>(
    'DELETE FROM archive_bodies WHERE seq = ? RETURNING texts, LENGTH(data) AS bytes',
    [row.seq],
  );
  await sql.run('DELETE FROM archive_runs WHERE seq = ?', [row.seq]);
  if (body !== undefined) tally.count('stored', -body.bytes - (await releaseTexts(sql, [...hashesIn(body.texts)])));
  tally.run(countedOf(row), -1);
  await leaveOut(writing, row.id, why, endsSession ? row.session : null);
}

/** Remembers that a run must not come (back). */
export async function leaveOut(writing: Writing, id: string, why: string, session: string | null): Promise<void> {
  const erased: Erased = { id, seq: writing.number(), why, at: Date.now() };
  await writing.sql.run('INSERT INTO archive_erased (n, id, why, at, session) VALUES (?, ?, ?, ?, ?)', [
    erased.seq,
    id,
    why,
    erased.at,
    session,
  ]);
  writing.tally.count('erased', 1);
  writing.erased.push(erased);
}
