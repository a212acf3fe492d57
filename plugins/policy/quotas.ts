import { fault } from '#kernel';
import type { Sql, Storage } from '#plugins/storage/api';
import type { InstallRequest, Reservation } from './api.ts';
import { matches } from './glob.ts';
import type { Rules } from './rules-file.ts';

interface Counter {
  readonly quota: 'perSession' | 'perDay';
  /** Whose count it is. */
  readonly holder: string;
  readonly limit: number;
}

/**
 * How often may be installed. The same server counts once a day for a caller and session, so that a job that a restart cut
 * off, and that asks again, pays once.
 */
export class Quotas {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Fault QUOTA_EXCEEDED (`rate_limited`). `file`: where the quotas stand. */
  async reserve(request: InstallRequest, quotas: Rules['quotas'], file: string, now: number): Promise<Reservation> {
    const { principal, session = '', subject } = request;
    if (quotas.exempt.some((each) => matches(each, principal))) return { release: async () => {} };
    const day = dayOf(now);
    const counters: Counter[] = [
      ...(session === ''
        ? []
        : [{ quota: 'perSession' as const, holder: key(principal, session), limit: quotas.perSession }]),
      { quota: 'perDay', holder: key(day, principal), limit: quotas.perDay },
    ];
    const row = [day, principal, session, subject];
    const isNew = await this.#storage.transaction(async (sql) => {
      const added = await sql.run(
        `INSERT INTO policy_reservations (day, principal, session, subject) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        row,
      );
      if (added === 0) return false;
      for (const counter of counters) await take(sql, counter, day, file, now);
      return true;
    });
    let released = !isNew;
    return {
      release: async () => {
        if (released) return;
        released = true;
        await this.#storage.transaction((sql) => giveBack(sql, row, counters));
      },
    };
  }

  /** Counts of past days are of no use, but a session may be a long one. */
  async forget(before: number): Promise<void> {
    const day = dayOf(before);
    await this.#storage.run('DELETE FROM policy_reservations WHERE day < ?', [day]);
    await this.#storage.run('DELETE FROM policy_counts WHERE day < ?', [day]);
  }
}

/** One statement looks and counts, so that two at once cannot both take the last. */
async function take(sql: Sql, { quota, holder, limit }: Counter, day: string, file: string, now: number) {
  await sql.run('INSERT INTO policy_counts (quota, holder, day, used) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING', [
    quota,
    holder,
    day,
  ]);
  const taken = await sql.run(
    'UPDATE policy_counts SET used = used + 1, day = ? WHERE quota = ? AND holder = ? AND used < ?',
    [day, quota, holder, limit],
  );
  if (taken > 0) return;
  const renewsAt = quota === 'perDay' ? new Date(Date.parse(day) + 86_400_000).toISOString() : undefined;
  const renews = renewsAt === undefined ? 'it renews with a new session' : `it renews at ${renewsAt}`;
  const what = quota === 'perDay' ? 'a day' : 'a session';
  throw fault('QUOTA_EXCEEDED', `rule "quotas.${quota}": ${limit} installations ${what} are used up; ${renews}`, {
    kind: 'rate_limited',
    hint: `wait, or raise quotas.${quota} in ${file}`,
    data: {
      rule: `quotas.${quota}`,
      quota,
      limit,
      ...(renewsAt !== undefined && { renewsAt, retryAfterMs: Date.parse(renewsAt) - now }),
    },
  });
}

async function giveBack(sql: Sql, row: readonly string[], counters: readonly Counter[]): Promise<void> {
  const gone = await sql.run(
    'DELETE FROM policy_reservations WHERE day = ? AND principal = ? AND session = ? AND subject = ?',
    row,
  );
  if (gone === 0) return;
  for (const { quota, holder } of counters)
    await sql.run('UPDATE policy_counts SET used = used - 1 WHERE quota = ? AND holder = ? AND used > 0', [
      quota,
      holder,
    ]);
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** No two pairs share one, whatever the callers put into their names. */
const key = (one: string, other: string): string => JSON.stringify([one, other]);
