import type { Row, Sql, SqlValue } from '#plugins/storage/api';
import type { Arrived, RunHead } from './api.ts';
import { column, label } from './rows.ts';
import type { Counted } from './tally.ts';
import type { ToolUses } from './tool-uses.ts';

export interface HeadRow extends Row {
  readonly seq: number;
  readonly id: string;
  readonly run_key: string;
  readonly format: string;
  readonly file: string;
  readonly task: string | null;
  readonly agent: string | null;
  readonly model: string | null;
  readonly license: string | null;
  readonly session: string | null;
  readonly success: number | null;
  readonly score: number | null;
  readonly evidence: string | null;
  readonly steps: number;
  readonly messages: number;
  readonly tools: string;
  readonly size: number;
  readonly raw_bytes: number;
  readonly added_at: number;
}

const COLUMNS =
  'seq, id, run_key, format, file, task, agent, model, license, session, success, score, evidence, steps, messages, tools, size, raw_bytes, added_at';
export const INTO_RUNS = `archive_runs (${COLUMNS})`;
export const SELECT_HEADS = `SELECT ${COLUMNS} FROM archive_runs`;

/** The answer of a run is a text of it, and stays in its body. */
export function headValues(
  seq: number,
  { run, place }: Arrived,
  of: { readonly tools: ToolUses; readonly size: number; readonly session: string | undefined },
): SqlValue[] {
  const { success, score, evidence } = run.outcome;
  const name = (text: string | undefined): string | null => (text === undefined ? null : column(text));
  return [
    seq,
    run.id,
    column(run.key),
    label(run.format),
    column(place.file),
    name(run.task),
    name(run.agent),
    name(run.model),
    run.license === undefined ? null : label(run.license),
    of.session ?? null,
    success,
    score ?? null,
    evidence === undefined ? null : label(evidence),
    run.counts.steps,
    run.counts.messages,
    JSON.stringify(of.tools),
    of.size,
    place.bytes,
    Date.now(),
  ];
}

export const successOf = ({ success }: Pick<HeadRow, 'success'>): boolean | null =>
  success === null ? null : success === 1;

export function headOf(row: HeadRow): RunHead {
  const { task, agent, model, license, score, evidence } = row;
  const { uses, order } = JSON.parse(row.tools) as ToolUses;
  return {
    seq: row.seq,
    id: row.id,
    key: row.run_key,
    format: row.format,
    file: row.file,
    ...(task !== null && { task }),
    ...(agent !== null && { agent }),
    ...(model !== null && { model }),
    ...(license !== null && { license }),
    outcome: { success: successOf(row), ...(score !== null && { score }), ...(evidence !== null && { evidence }) },
    toolSequence: order.map((index) => uses[index]![0]),
    steps: row.steps,
    messages: row.messages,
    addedAt: row.added_at,
  };
}

export const countedOf = (row: HeadRow): Counted => ({
  format: row.format,
  license: row.license,
  success: successOf(row),
  rawBytes: row.raw_bytes,
  tools: JSON.parse(row.tools) as ToolUses,
});

/** Pages of rows in order of arrival. */
export async function* pagesOf<R extends { readonly seq: number } & Row>(
  sql: Sql,
  columns: string,
  page: number,
): AsyncGenerator<readonly R[]> {
  for (let after = 0; ; ) {
    const rows = await sql.all<R>(`SELECT ${columns} FROM archive_runs WHERE seq > ? ORDER BY seq LIMIT ?`, [
      after,
      page,
    ]);
    yield rows;
    if (rows.length < page) return;
    after = rows.at(-1)!.seq;
  }
}
