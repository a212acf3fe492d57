import type { Row, Sql, SqlValue } from '#plugins/storage/api';

const MOST_VALUES = 256;
const MOST_ROWS = 32;
const MOST_BYTES = 16_777_216;

/** Rows for any number of values: `select` gets `?, ?, ...`. Lists of few lengths, so that there are few statements. */
export async function selectIn<R extends Row>(
  sql: Sql,
  select: (marks: string) => string,
  values: readonly SqlValue[],
): Promise<R[]> {
  const found: R[] = [];
  for (const part of inLists(values)) found.push(...(await sql.all<R>(select(marks(part.length)), part)));
  return found;
}

/** The same for statements that change something. */
export async function runIn(
  sql: Sql,
  statement: (marks: string) => string,
  values: readonly SqlValue[],
): Promise<void> {
  for (const part of inLists(values)) await sql.run(statement(marks(part.length)), part);
}

/** Many rows in few statements. `into` is `table (a, b)`, `then` what follows the values. */
export async function insertRows(
  sql: Sql,
  into: string,
  rows: readonly (readonly SqlValue[])[],
  then = '',
): Promise<void> {
  for (let at = 0; at < rows.length; ) {
    const count = howMany(rows, at);
    const group = `(${marks(rows[at]!.length)})`;
    const groups = Array<string>(count).fill(group).join(', ');
    await sql.run(`INSERT INTO ${into} VALUES ${groups} ${then}`, rows.slice(at, at + count).flat());
    at += count;
  }
}

/** A power of two, and no more bytes than a message to the server should have. */
function howMany(rows: readonly (readonly SqlValue[])[], at: number): number {
  let count = MOST_ROWS;
  while (count > rows.length - at) count /= 2;
  const bytes = (row: readonly SqlValue[]) =>
    row.reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? value.length : 0), 0);
  while (count > 1 && rows.slice(at, at + count).reduce((sum, row) => sum + bytes(row), 0) > MOST_BYTES) count /= 2;
  return count;
}

/** Lengths are powers of two: the last list repeats its last value. */
function* inLists(values: readonly SqlValue[]): Iterable<SqlValue[]> {
  for (let at = 0; at < values.length; at += MOST_VALUES) {
    const part = values.slice(at, at + MOST_VALUES);
    const length = 2 ** Math.ceil(Math.log2(part.length));
    while (part.length < length) part.push(part.at(-1)!);
    yield part;
  }
}

const marks = (count: number): string => Array<string>(count).fill('?').join(', ');

const LONGEST_LABEL = 200;
/** A name as a column can hold it: PostgreSQL takes no zero byte, and no half of a pair. */
export const column = (text: string): string =>
  text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd');
/** The same for names that are part of a key, or that are no name but a text in the place of one. */
export const label = (text: string): string =>
  column(text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text);
