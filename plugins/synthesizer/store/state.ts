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

/** What stands in files of how they were made: kept, because who reads them later may be configured otherwise. */
export interface RecipeNames {
  readonly hash: string;
  readonly essence: string;
  readonly seed: string;
  readonly evolve: string;
}
const RECIPES = 'recipes';

export async function readRecipeNames(sql: Sql): Promise<RecipeNames | undefined> {
  const text = await readState(sql, RECIPES);
  return text === undefined ? undefined : (JSON.parse(text) as RecipeNames);
}

export const writeRecipeNames = (sql: Sql, names: RecipeNames): Promise<void> =>
  writeState(sql, RECIPES, JSON.stringify(names));
