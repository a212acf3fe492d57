import type { Sql } from '#plugins/storage/api';
import type { TaskEssence } from '../api.ts';
import { chunks, placeholders } from './placeholders.ts';
import type { Write } from './write-group.ts';

export interface EssenceRow {
  readonly trajectory: string;
  readonly seq: number;
  readonly recipe: string;
  readonly strategy: string;
  readonly essence: TaskEssence;
  /** Keys of calls. */
  readonly calls: readonly string[];
  /** Placeholders that were put into what was asked, by kind. */
  readonly redactions: Readonly<Record<string, number>>;
  readonly at: number;
}
interface Raw extends Record<string, unknown> {
  readonly trajectory: string;
  readonly seq: number;
  readonly recipe: string;
  readonly strategy: string;
  readonly essence: string;
  readonly calls: string;
  readonly redactions: string;
  readonly at: number;
}
const IN_ONE = 500;

/** The first answer stands for its recipe; a new recipe takes its place. */
export const putEssence = (row: EssenceRow): Write => ({
  into: 'synthesizer_essences (trajectory, seq, recipe, strategy, essence, calls, redactions, at)',
  onConflict: `ON CONFLICT (trajectory) DO UPDATE SET seq = excluded.seq, recipe = excluded.recipe, strategy = excluded.strategy,
     essence = excluded.essence, calls = excluded.calls, redactions = excluded.redactions, at = excluded.at
   WHERE synthesizer_essences.recipe <> excluded.recipe`,
  values: [
    row.trajectory,
    row.seq,
    row.recipe,
    row.strategy,
    JSON.stringify(row.essence),
    JSON.stringify(row.calls),
    JSON.stringify(row.redactions),
    row.at,
  ],
});

const rowOf = ({ essence, calls, redactions, seq, at, ...row }: Raw): EssenceRow => ({
  ...row,
  seq: Number(seq),
  at: Number(at),
  essence: JSON.parse(essence),
  calls: JSON.parse(calls),
  redactions: JSON.parse(redactions),
});

export async function essenceOf(sql: Sql, trajectory: string): Promise<EssenceRow | undefined> {
  const row = await sql.get<Raw>('SELECT * FROM synthesizer_essences WHERE trajectory = ?', [trajectory]);
  return row && rowOf(row);
}

/** All of a recipe are to be made again; what was made stays for `leaveEssence` until then. */
export async function makeEssencesAgain(sql: Sql, recipe: string): Promise<void> {
  await sql.run(`UPDATE synthesizer_essences SET recipe = '' WHERE recipe = ?`, [recipe]);
}

/** One that could not be made again is what it was. */
export async function leaveEssence(sql: Sql, trajectory: string, recipe: string): Promise<void> {
  await sql.run(`UPDATE synthesizer_essences SET recipe = ? WHERE trajectory = ? AND recipe = ''`, [
    recipe,
    trajectory,
  ]);
}

/** By their trajectories. */
export async function essencesOf(sql: Sql, trajectories: readonly string[]): Promise<ReadonlyMap<string, EssenceRow>> {
  const found = new Map<string, EssenceRow>();
  for (const some of chunks(trajectories, IN_ONE))
    for (const row of await sql.all<Raw>(
      `SELECT * FROM synthesizer_essences WHERE trajectory IN ${placeholders(some.length)}`,
      some,
    ))
      found.set(row.trajectory, rowOf(row));
  return found;
}

/** In order of arrival. */
export async function allEssences(sql: Sql): Promise<readonly EssenceRow[]> {
  return (await sql.all<Raw>('SELECT * FROM synthesizer_essences ORDER BY seq')).map(rowOf);
}

export async function idsWithEssence(sql: Sql, recipe: string): Promise<ReadonlySet<string>> {
  const rows = await sql.all<{ trajectory: string }>('SELECT trajectory FROM synthesizer_essences WHERE recipe = ?', [
    recipe,
  ]);
  return new Set(rows.map((row) => row.trajectory));
}

export async function dropEssences(sql: Sql, trajectories: readonly string[]): Promise<void> {
  for (const some of chunks(trajectories, IN_ONE))
    await sql.run(`DELETE FROM synthesizer_essences WHERE trajectory IN ${placeholders(some.length)}`, some);
}
