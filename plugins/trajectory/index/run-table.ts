import { fault, nearest } from '#kernel';
import type { SqlValue, Storage } from '#plugins/storage/api';
import type { RunFilter, ToolUse } from '../api.ts';

export interface RunRow {
  readonly id: string;
  readonly hold: number;
  readonly holder: string;
  readonly closed: number;
  /** JSON of the start and the end as they stand in the segments; null until they are indexed. */
  readonly begun: string | null;
  readonly ended: string | null;
  readonly steps: number;
  readonly scenario: string | null;
}
export interface RunPart {
  readonly file: string;
  readonly first: number;
  readonly last: number;
}

const COLUMNS = 'id, hold, holder, closed, begun, ended, steps, scenario';
/** Among so many of the newest an unknown id is compared. */
const COMPARED = 1_000;

/** The runs of one folder, and who may write them. */
export class RunTable {
  readonly #storage: Storage;
  readonly #place: string;

  constructor(storage: Storage, place: string) {
    this.#storage = storage;
    this.#place = place;
  }

  row(id: string): Promise<RunRow | undefined> {
    return this.#storage.get<RunRow & Record<string, unknown>>(
      `SELECT ${COLUMNS} FROM trajectory_runs WHERE place = ? AND id = ?`,
      [this.#place, id],
    );
  }

  /** Where its lines are. */
  parts(id: string): Promise<RunPart[]> {
    return this.#storage.all<RunPart & Record<string, unknown>>(
      `SELECT file, first_byte AS first, last_byte AS last FROM trajectory_run_files WHERE place = ? AND run = ?
       ORDER BY file`,
      [this.#place, id],
    );
  }

  /** Newest first. `living`: writers whose processes live. */
  list({ state, limit }: RunFilter, living: ReadonlySet<string>): Promise<RunRow[]> {
    const values: SqlValue[] = [this.#place];
    let where = 'place = ? AND begun IS NOT NULL';
    if (state === 'ended') where += ' AND ended IS NOT NULL';
    else if (state !== undefined) {
      // One that nobody has, so that the list is never empty.
      const holders = [...living, ''];
      const held = `closed < hold AND holder IN (${holders.map(() => '?').join(', ')})`;
      where += ` AND ended IS NULL AND ${state === 'running' ? held : `NOT (${held})`}`;
      values.push(...holders);
    }
    if (limit !== undefined) values.push(limit);
    return this.#storage.all<RunRow & Record<string, unknown>>(
      `SELECT ${COLUMNS} FROM trajectory_runs WHERE ${where} ORDER BY started_at DESC, id DESC${limit === undefined ? '' : ' LIMIT ?'}`,
      values,
    );
  }

  /** Takes a new id for a writer. Fault TRAJECTORY_TAKEN. */
  async claimNew(
    id: string,
    holder: string,
    living: () => ReadonlySet<string>,
    caughtUp: () => Promise<void>,
  ): Promise<void> {
    const claimed = await this.#storage.run(
      `INSERT INTO trajectory_runs (place, id, hold, holder, closed, steps, scenario_step) VALUES (?, ?, 1, ?, 0, 0, 0)
       ON CONFLICT (place, id) DO NOTHING`,
      [this.#place, id, holder],
    );
    if (claimed > 0) return;
    const row = await this.row(id);
    if (row?.begun === null && !living().has(row.holder)) {
      // Whoever took it died before the first line was on disk, unless that is not in the index yet.
      await caughtUp();
      const freed = await this.#storage.run(
        'UPDATE trajectory_runs SET holder = ? WHERE place = ? AND id = ? AND holder = ? AND begun IS NULL',
        [holder, this.#place, id, row.holder],
      );
      if (freed > 0) return;
    }
    throw fault('TRAJECTORY_TAKEN', `there is a run "${id}" already`, { kind: 'conflict' });
  }

  /** Takes an interrupted run over; the hold. Faults TRAJECTORY_CLOSED, TRAJECTORY_BUSY. */
  async claimAgain(row: RunRow, holder: string, living: ReadonlySet<string>): Promise<number> {
    if (row.ended !== null)
      throw fault('TRAJECTORY_CLOSED', `run "${row.id}" has ended`, { kind: 'conflict', hint: 'open a new one' });
    const hold = row.hold + 1;
    const claimed =
      !isHeld(row, living) &&
      (await this.#storage.run(
        'UPDATE trajectory_runs SET hold = ?, holder = ? WHERE place = ? AND id = ? AND hold = ? AND ended IS NULL',
        [hold, holder, this.#place, row.id, row.hold],
      )) > 0;
    if (claimed) return hold;
    throw fault('TRAJECTORY_BUSY', `run "${row.id}" is being written`, {
      kind: 'conflict',
      hint: 'by this process or by another that has the same folder; it can be resumed when that has ended',
    });
  }

  async unknown(id: string): Promise<Error> {
    const rows = await this.#storage.all<{ id: string }>(
      `SELECT id FROM trajectory_runs WHERE place = ? AND begun IS NOT NULL ORDER BY started_at DESC LIMIT ${COMPARED}`,
      [this.#place],
    );
    const alternatives = nearest(
      id,
      rows.map((row) => row.id),
    );
    return fault('TRAJECTORY_UNKNOWN', `there is no run "${id}"`, { kind: 'not_found', alternatives });
  }
}

/** Somebody who lives writes it. */
export const isHeld = ({ hold, closed, holder }: RunRow, living: ReadonlySet<string>): boolean =>
  closed < hold && living.has(holder);

/** Most used first. */
export async function toolUses(
  storage: Storage,
  { tool, scenario }: { readonly tool?: string; readonly scenario?: string },
): Promise<ToolUse[]> {
  const wanted = Object.entries({ tool, scenario }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  const where = wanted.map(({ name }) => `${name} = ?`).join(' AND ');
  return storage.all<ToolUse & Record<string, unknown>>(
    `SELECT tool, scenario, calls, successes, total_ms AS "totalMs", last_used_at AS "lastUsedAt"
     FROM trajectory_tool_uses${where === '' ? '' : ` WHERE ${where}`} ORDER BY calls DESC, tool, scenario`,
    wanted.map(({ value }) => value),
  );
}
