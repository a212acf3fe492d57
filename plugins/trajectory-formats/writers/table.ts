import { WholeFile } from './whole-file.ts';

type Value = string | number | boolean | null;

/** Plain rows as Parquet: a column is of text, of numbers or of truth values, by its first value that is not null. */
export async function writeTable(path: string, rows: readonly Readonly<Record<string, Value>>[]): Promise<void> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = Object.keys(rows[0] ?? {}).map((name) => {
    const data = rows.map((row) => row[name] ?? null);
    return { name, data, type: typeOf(data) };
  });
  const file = await WholeFile.create(path);
  try {
    await file.write(new Uint8Array(parquetWriteBuffer({ columnData })));
    await file.close();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

function typeOf(data: readonly Value[]): 'STRING' | 'DOUBLE' | 'BOOLEAN' {
  const first = data.find((value) => value !== null);
  return typeof first === 'number' ? 'DOUBLE' : typeof first === 'boolean' ? 'BOOLEAN' : 'STRING';
}
