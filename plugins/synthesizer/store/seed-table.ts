import type { Sql } from '#plugins/storage/api';
import type { CheckVerdict, SeedDraft } from '../api.ts';
import { chunks, placeholders } from './placeholders.ts';
import type { Statement } from './write-group.ts';

/** planned: its essence is awaited. queued: it has a job. made: it waits for the filters. failed: its job failed for good. */
export type SeedState = 'planned' | 'queued' | 'made' | 'kept' | 'dropped' | 'failed';

export interface SeedRow {
  /** Of the plan: cluster and evolution. */
  readonly id: string;
  /** Filters look at seeds in this order, whatever order they were made in. */
  readonly place: number;
  readonly cluster: string;
  readonly trajectory: string;
  readonly evolution: string;
  readonly recipe: string;
  readonly state: SeedState;
  readonly task_id?: string;
  readonly draft?: SeedDraft;
  readonly verdicts: readonly CheckVerdict[];
  readonly calls: readonly string[];
  readonly parents: readonly string[];
  readonly filter?: string;
  readonly why?: string;
  readonly at: number;
}
interface Raw extends Record<string, unknown> {
  readonly id: string;
  readonly place: number;
  readonly cluster: string;
  readonly trajectory: string;
  readonly evolution: string;
  readonly recipe: string;
  readonly state: SeedState;
  readonly task_id: string | null;
  readonly draft: string | null;
  readonly verdicts: string | null;
  readonly calls: string | null;
  readonly parents: string | null;
  readonly filter: string | null;
  readonly why: string | null;
  readonly at: number;
}
export type Plan = Pick<SeedRow, 'id' | 'place' | 'cluster' | 'trajectory' | 'evolution' | 'recipe' | 'parents'>;
const IN_ONE = 100;

export async function planSeeds(sql: Sql, plans: readonly Plan[]): Promise<void> {
  for (const some of chunks(plans, IN_ONE))
    await sql.run(
      `INSERT INTO synthesizer_seeds (id, place, cluster, trajectory, evolution, recipe, parents, state, at)
       VALUES ${some.map(() => "(?, ?, ?, ?, ?, ?, ?, 'planned', 0)").join(', ')}
       ON CONFLICT (id) DO UPDATE SET place = excluded.place, trajectory = excluded.trajectory, recipe = excluded.recipe,
         state = 'planned', task_id = NULL, draft = NULL, verdicts = NULL, calls = NULL, parents = excluded.parents, filter = NULL,
         why = NULL, at = 0
       WHERE synthesizer_seeds.recipe <> excluded.recipe`,
      some.flatMap(({ id, place, cluster, trajectory, evolution, recipe, parents }) => [
        id,
        place,
        cluster,
        trajectory,
        evolution,
        recipe,
        JSON.stringify(parents),
      ]),
    );
}

/** What a job made, where nobody else was faster. */
export const putMade = (
  row: Pick<SeedRow, 'id' | 'recipe' | 'calls' | 'at' | 'verdicts'> & {
    readonly task_id: string;
    readonly draft: SeedDraft;
  },
): Statement => [
  `UPDATE synthesizer_seeds SET state = 'made', task_id = ?, draft = ?, verdicts = ?, calls = ?, at = ?, filter = NULL, why = NULL
   WHERE id = ? AND recipe = ? AND state IN ('planned', 'queued', 'failed')`,
  [
    row.task_id,
    JSON.stringify(row.draft),
    JSON.stringify(row.verdicts),
    JSON.stringify(row.calls),
    row.at,
    row.id,
    row.recipe,
  ],
];

/** What it was to be made of has gone: it is planned anew where it is still due. */
export const putUnplanned = (id: string, recipe: string): Statement => [
  `DELETE FROM synthesizer_seeds WHERE id = ? AND recipe = ? AND state IN ('planned', 'queued', 'failed')`,
  [id, recipe],
];

/** There is none to be made: the strategy makes none of this one, or the run is gone. */
export const putNone = (id: string, recipe: string, filter: string, why: string): Statement => [
  `UPDATE synthesizer_seeds SET state = 'dropped', filter = ?, why = ?
   WHERE id = ? AND recipe = ? AND state IN ('planned', 'queued', 'failed')`,
  [filter, why, id, recipe],
];

export const putDecision = (
  id: string,
  drop: { readonly filter: string; readonly why: string } | undefined,
): Statement =>
  drop === undefined
    ? [`UPDATE synthesizer_seeds SET state = 'kept', filter = NULL, why = NULL WHERE id = ? AND state = 'made'`, [id]]
    : [
        `UPDATE synthesizer_seeds SET state = 'dropped', filter = ?, why = ? WHERE id = ? AND state = 'made'`,
        [drop.filter, drop.why, id],
      ];

export const putSeedFailed = (id: string, why: string): Statement => [
  `UPDATE synthesizer_seeds SET state = 'failed', why = ? WHERE id = ? AND state IN ('planned', 'queued')`,
  [why, id],
];

const rowOf = (raw: Raw): SeedRow => ({
  id: raw.id,
  place: Number(raw.place),
  cluster: raw.cluster,
  trajectory: raw.trajectory,
  evolution: raw.evolution,
  recipe: raw.recipe,
  state: raw.state,
  ...(raw.task_id !== null && { task_id: raw.task_id }),
  ...(raw.draft !== null && { draft: JSON.parse(raw.draft) as SeedDraft }),
  verdicts: JSON.parse(raw.verdicts ?? '[]'),
  calls: JSON.parse(raw.calls ?? '[]'),
  parents: JSON.parse(raw.parents ?? '[]'),
  ...(raw.filter !== null && { filter: raw.filter }),
  ...(raw.why !== null && { why: raw.why }),
  at: Number(raw.at),
});

export async function seedRow(sql: Sql, id: string): Promise<SeedRow | undefined> {
  const row = await sql.get<Raw>('SELECT * FROM synthesizer_seeds WHERE id = ?', [id]);
  return row && rowOf(row);
}

/** In the order of the filters. */
export async function seedRows(sql: Sql, states: readonly SeedState[]): Promise<readonly SeedRow[]> {
  const marks = states.map(() => '?').join(', ');
  const rows = await sql.all<Raw>(
    `SELECT * FROM synthesizer_seeds WHERE state IN (${marks}) ORDER BY place, id`,
    states,
  );
  return rows.map(rowOf);
}

/** Made ones before the first that is still to be made, in the order of the filters. */
export async function madeInOrder(sql: Sql): Promise<readonly SeedRow[]> {
  const before = (state: SeedState): string =>
    `place < COALESCE((SELECT MIN(place) FROM synthesizer_seeds WHERE state = '${state}'), ${Number.MAX_SAFE_INTEGER})`;
  const rows = await sql.all<Raw>(
    `SELECT * FROM synthesizer_seeds WHERE state = 'made' AND ${before('planned')} AND ${before('queued')} ORDER BY place, id`,
  );
  return rows.map(rowOf);
}

/** By the id that stands in the file. */
export async function seedOfTask(sql: Sql, task: string): Promise<SeedRow | undefined> {
  const row = await sql.get<Raw>('SELECT * FROM synthesizer_seeds WHERE task_id = ? ORDER BY place', [task]);
  return row && rowOf(row);
}

/** Planned ones whose essence is there: they can have their job. In order. */
export async function readySeeds(
  sql: Sql,
  recipes: { readonly essence: string; readonly seed: string; readonly evolve: string },
  limit: number,
): Promise<readonly SeedRow[]> {
  const rows = await sql.all<Raw>(
    `SELECT seeds.* FROM synthesizer_seeds seeds
     JOIN synthesizer_essences essences ON essences.trajectory = seeds.trajectory AND essences.recipe = ?
     WHERE seeds.state = 'planned' AND seeds.recipe IN (?, ?) ORDER BY seeds.place LIMIT ?`,
    [recipes.essence, recipes.seed, recipes.evolve, limit],
  );
  return rows.map(rowOf);
}

export async function markQueued(sql: Sql, ids: readonly string[]): Promise<void> {
  for (const some of chunks(ids, IN_ONE))
    await sql.run(
      `UPDATE synthesizer_seeds SET state = 'queued' WHERE state = 'planned' AND id IN ${placeholders(some.length)}`,
      some,
    );
}

/** Of a process that is gone: whether their jobs were added is not known. */
/** Evolutions that another recipe had planned, and nobody makes any more: others would wait for them. */
export async function dropUnfinished(sql: Sql, evolveRecipe: string): Promise<void> {
  await sql.run(
    `DELETE FROM synthesizer_seeds WHERE evolution <> 'none' AND recipe <> ? AND state NOT IN ('kept', 'dropped')`,
    [evolveRecipe],
  );
}

export function unmarkQueued(sql: Sql): Promise<number> {
  return sql.run(`UPDATE synthesizer_seeds SET state = 'planned' WHERE state = 'queued'`);
}

/** What was kept and dropped is to be decided again; evolutions follow from it, and are planned anew. */
export async function reopenDecisions(sql: Sql): Promise<void> {
  await sql.run(`DELETE FROM synthesizer_seeds WHERE evolution <> 'none'`);
  await sql.run(
    `UPDATE synthesizer_seeds SET state = 'made', filter = NULL, why = NULL
     WHERE state IN ('kept', 'dropped') AND draft IS NOT NULL`,
  );
}

/** Dropped because they repeat one of these, which are gone. */
export async function reopenRepeats(sql: Sql, tasks: readonly string[]): Promise<void> {
  for (const task of tasks)
    await sql.run(
      `UPDATE synthesizer_seeds SET state = 'made', filter = NULL, why = NULL
       WHERE state = 'dropped' AND filter = 'near-duplicate' AND why LIKE ?`,
      [`%${task}%`],
    );
}

export async function deleteSeeds(sql: Sql, ids: readonly string[]): Promise<void> {
  for (const some of chunks(ids, IN_ONE))
    await sql.run(`DELETE FROM synthesizer_seeds WHERE id IN ${placeholders(some.length)}`, some);
}

/** All is to be made again; what was made stays for `leaveAsMade` until then. */
export async function planAgain(sql: Sql): Promise<void> {
  await sql.run(`UPDATE synthesizer_seeds SET state = 'planned' WHERE state <> 'failed'`);
}

/** What could not be made again is what it was. */
export async function leaveAsMade(sql: Sql, id: string): Promise<void> {
  await sql.run(
    `UPDATE synthesizer_seeds SET state = CASE WHEN draft IS NULL THEN 'dropped' ELSE 'made' END
     WHERE id = ? AND state = 'planned' AND (draft IS NOT NULL OR filter IS NOT NULL)`,
    [id],
  );
}

/** Of these trajectories, and those made of them. The ids that stood in the file. */
export async function dropSeeds(sql: Sql, trajectories: ReadonlySet<string>): Promise<readonly string[]> {
  const rows = await seedRows(sql, ['planned', 'queued', 'made', 'kept', 'dropped', 'failed']);
  const gone = new Set<SeedRow>();
  const tasks = new Set<string>();
  for (let more = true; more; ) {
    more = false;
    for (const row of rows) {
      if (gone.has(row)) continue;
      if (!trajectories.has(row.trajectory) && !row.parents.some((parent) => tasks.has(parent))) continue;
      gone.add(row);
      if (row.task_id !== undefined) tasks.add(row.task_id);
      more = true;
    }
  }
  await deleteSeeds(
    sql,
    [...gone].map(({ id }) => id),
  );
  const kept = [...gone].flatMap((row) => (row.state === 'kept' ? row.task_id! : []));
  await reopenRepeats(sql, kept);
  return kept;
}

export async function clustersWithPlan(sql: Sql, recipe: string): Promise<ReadonlySet<string>> {
  const rows = await sql.all<{ cluster: string }>(
    `SELECT cluster FROM synthesizer_seeds WHERE evolution = 'none' AND recipe = ?`,
    [recipe],
  );
  return new Set(rows.map((row) => row.cluster));
}

export async function lastPlace(sql: Sql): Promise<number> {
  const row = await sql.get<{ last: number | null }>('SELECT MAX(place) AS last FROM synthesizer_seeds');
  return Number(row?.last ?? 0);
}
