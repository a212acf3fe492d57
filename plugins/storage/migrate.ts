import { fault } from '#kernel';
import type { Migration } from './api.ts';
import type { Driver, Script } from './driver.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS storage_migrations (
  owner TEXT NOT NULL, step BIGINT NOT NULL, name TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (owner, step)
)`;

/** All steps that are missing, in one transaction: a step that fails leaves nothing behind. */
export async function migrate(driver: Driver, owner: string, steps: readonly Migration[]): Promise<number> {
  return driver.transaction(async (sql) => {
    await driver.lockMigrations(sql);
    await sql.run(TABLE);
    const done = await sql.all<{ step: number; name: string }>(
      'SELECT step, name FROM storage_migrations WHERE owner = ? ORDER BY step',
      [owner],
    );
    if (done.length > steps.length)
      throw newer(
        driver.place,
        owner,
        `it has step ${done.length} (${done.at(-1)?.name}), this one ends at ${steps.length}`,
      );
    for (const [at, { name }] of done.entries())
      if (name !== steps[at]?.name)
        throw newer(driver.place, owner, `its step ${at + 1} is "${name}", here it is "${steps[at]?.name}"`);
    for (const [at, step] of steps.entries()) if (at >= done.length) await apply(driver, sql, owner, at, step);
    return steps.length - done.length;
  });
}

async function apply(driver: Driver, sql: Script, owner: string, at: number, step: Migration): Promise<void> {
  const text = typeof step.sql === 'string' ? step.sql : step.sql[driver.dialect];
  try {
    await sql.script(text);
  } catch (error) {
    throw fault(
      'STORAGE_MIGRATION',
      `step ${at + 1} (${step.name}) of "${owner}" failed, and all its steps were undone`,
      {
        cause: error,
      },
    );
  }
  await sql.run('INSERT INTO storage_migrations (owner, step, name, applied_at) VALUES (?, ?, ?, ?)', [
    owner,
    at + 1,
    step.name,
    Date.now(),
  ]);
}

const newer = (place: string, owner: string, difference: string) =>
  fault('STORAGE_NEWER', `${place} was written by another version of "${owner}": ${difference}`, {
    kind: 'conflict',
    hint: 'run the version that wrote it, or use another database; nothing was changed',
    data: { owner },
  });
