import type { Sql, Storage } from '#plugins/storage/api';
import { writerOf } from '../journal/file-names.ts';
import type { Batch, RunSum, ToolSum } from './batch.ts';

export interface IndexedFile {
  readonly file: string;
  readonly position: number;
  readonly sealed: boolean;
}

/** The tables of the index, of one folder. */
export class IndexTables {
  readonly #storage: Storage;
  readonly #place: string;

  constructor(storage: Storage, place: string) {
    this.#storage = storage;
    this.#place = place;
  }

  async files(): Promise<Map<string, IndexedFile>> {
    const rows = await this.#storage.all<{ file: string; position: number; sealed: number }>(
      'SELECT file, position, sealed FROM trajectory_files WHERE place = ?',
      [this.#place],
    );
    return new Map(rows.map(({ file, position, sealed }) => [file, { file, position, sealed: sealed === 1 }]));
  }

  /** Up to where a segment is counted. */
  async position(segment: string): Promise<number> {
    const row = await this.#storage.get<{ position: number }>(
      'SELECT position FROM trajectory_files WHERE place = ? AND file = ?',
      [this.#place, segment],
    );
    return row?.position ?? 0;
  }

  /** Nothing will be written to it any more. */
  async seal(segment: string): Promise<void> {
    await this.#storage.run(
      `INSERT INTO trajectory_files (place, file, position, sealed) VALUES (?, ?, 0, 1)
       ON CONFLICT (place, file) DO UPDATE SET sealed = 1`,
      [this.#place, segment],
    );
  }

  /**
   * Counts a batch, and that it is counted, in one transaction. False, and nothing is changed, where the segment is not
   * counted up to exactly its beginning: another process was there first, or something before it is missing.
   */
  apply(batch: Batch): Promise<boolean> {
    return this.#storage.transaction(async (sql) => {
      if (!(await this.#advance(sql, batch))) return false;
      // In one order everywhere, so that two processes do not wait for each other.
      const holder = writerOf(batch.segment);
      for (const [id, sum] of sorted(batch.runs)) await this.#addRun(sql, id, sum, holder, batch.segment);
      for (const [, sum] of sorted(batch.tools)) await addTool(sql, sum);
      return true;
    });
  }

  async #advance(sql: Sql, { segment, from, to }: Batch): Promise<boolean> {
    const moved = await sql.run(
      'UPDATE trajectory_files SET position = ? WHERE place = ? AND file = ? AND position = ?',
      [to, this.#place, segment, from],
    );
    if (moved > 0 || from > 0) return moved > 0;
    const inserted = await sql.run(
      `INSERT INTO trajectory_files (place, file, position, sealed) VALUES (?, ?, ?, 0)
       ON CONFLICT (place, file) DO NOTHING`,
      [this.#place, segment, to],
    );
    return inserted > 0;
  }

  async #addRun(sql: Sql, id: string, sum: RunSum, holder: string, segment: string): Promise<void> {
    await sql.run(ADD_RUN, [
      this.#place,
      id,
      sum.hold,
      sum.hold > 0 ? holder : '',
      sum.closed,
      sum.begun,
      sum.startedAt,
      sum.ended,
      sum.steps,
      sum.scenario,
      sum.scenarioStep,
    ]);
    await sql.run(ADD_RUN_FILE, [this.#place, id, segment, sum.firstByte, sum.lastByte]);
  }
}

const addTool = (sql: Sql, { tool, scenario, calls, successes, totalMs, lastUsedAt }: ToolSum): Promise<number> =>
  sql.run(ADD_TOOL, [tool, scenario, calls, successes, totalMs, lastUsedAt]);

const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

const greater = (table: string, column: string): string =>
  `${column} = CASE WHEN excluded.${column} > ${table}.${column} THEN excluded.${column} ELSE ${table}.${column} END`;

const RUNS = 'trajectory_runs';
const ADD_RUN = `
  INSERT INTO trajectory_runs
    (place, id, hold, holder, closed, begun, started_at, ended, steps, scenario, scenario_step)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (place, id) DO UPDATE SET
    holder = CASE WHEN excluded.hold > 0 AND excluded.hold >= ${RUNS}.hold THEN excluded.holder ELSE ${RUNS}.holder END,
    ${greater(RUNS, 'hold')}, ${greater(RUNS, 'closed')}, ${greater(RUNS, 'steps')},
    begun = COALESCE(${RUNS}.begun, excluded.begun),
    started_at = COALESCE(${RUNS}.started_at, excluded.started_at),
    ended = COALESCE(excluded.ended, ${RUNS}.ended),
    scenario = CASE WHEN excluded.scenario_step > ${RUNS}.scenario_step THEN excluded.scenario ELSE ${RUNS}.scenario END,
    ${greater(RUNS, 'scenario_step')}`;

const FILES = 'trajectory_run_files';
const ADD_RUN_FILE = `
  INSERT INTO trajectory_run_files (place, run, file, first_byte, last_byte) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (place, run, file) DO UPDATE SET
    first_byte = CASE WHEN excluded.first_byte < ${FILES}.first_byte THEN excluded.first_byte ELSE ${FILES}.first_byte END,
    ${greater(FILES, 'last_byte')}`;

const USES = 'trajectory_tool_uses';
const ADD_TOOL = `
  INSERT INTO trajectory_tool_uses (tool, scenario, calls, successes, total_ms, last_used_at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (tool, scenario) DO UPDATE SET
    calls = ${USES}.calls + excluded.calls, successes = ${USES}.successes + excluded.successes,
    total_ms = ${USES}.total_ms + excluded.total_ms, ${greater(USES, 'last_used_at')}`;
