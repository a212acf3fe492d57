import type { Sql } from '#plugins/storage/api';

/** Small facts that outlive a process, by name. */
export async function readState(sql: Sql, name: string): Promise<string | undefined> {
  const row = await sql.get<{ value: string }>('SELECT value FROM synthesizer_state WHERE name = ?', [name]);
  return row?.value;
}

export async function writeState(sql: Sql, name: string, value: string): Promise<void> {
  await sql.run(
    'INSERT INTO synthesizer_state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  );
}
