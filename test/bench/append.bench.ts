// What a row of the audit log costs in CPU, all threads counted, beside a bare prepared INSERT in one transaction.
//   node test/bench/append.bench.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Auth } from '#plugins/auth/api';
import type { Storage } from '#plugins/storage/api';
import { Handle, Lease } from '../../kernel/handle.ts';
import authPlugin from '../../plugins/auth/index.ts';
import storagePlugin from '../../plugins/storage/index.ts';
import { openPlugin } from '../plugins/open-plugin.ts';

const ROWS = 40_000;
const folder = mkdtempSync(join(tmpdir(), 'append-'));

/** As consumers hold a service: through the kernel's handle. */
function held<T extends object>(service: T): T {
  const handle = new Handle('bench', false);
  handle.point(service, new Lease());
  return handle.proxy as T;
}

const storage = await openPlugin(storagePlugin, { dir: folder });
const table: Storage = held(storage.plugin.storage);
const auth = await openPlugin(authPlugin, {}, { storage: table });
const log: Auth = held(auth.plugin.auth);

const entry = (at: number) => ({
  principal: 'anonymous',
  action: 'tool.call',
  target: 'everything/echo',
  outcome: 'ok' as const,
  durationMs: 1.25 + at,
});
const stored = async (): Promise<number> =>
  Number((await table.get('SELECT COALESCE(MAX(id), 0) AS n FROM auth_audit'))?.n);
async function allStored(expected: number): Promise<void> {
  while ((await stored()) < expected) await sleep(20);
}

const bare = new DatabaseSync(join(folder, 'bare.db'));
bare.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = normal');
bare.exec(`CREATE TABLE auth_audit (id INTEGER PRIMARY KEY, at BIGINT NOT NULL, principal TEXT NOT NULL,
  action TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL, duration_ms DOUBLE PRECISION, detail TEXT)`);
const insert = bare.prepare(
  'INSERT INTO auth_audit (at, principal, action, target, outcome, duration_ms, detail) VALUES (?, ?, ?, ?, ?, ?, ?)',
);

async function cpu(rows: number, work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / rows;
}

/** `perSecond` rows, a few each millisecond, as calls come. */
async function paced(rows: number, perSecond: number, write: (at: number) => void): Promise<void> {
  const begun = performance.now();
  for (let at = 0; at < rows; ) {
    const due = Math.min(rows, ((performance.now() - begun) / 1_000) * perSecond);
    for (; at < due; at += 1) write(at);
    await sleep(1);
  }
}

const burst = async (write: (at: number) => void): Promise<void> => {
  for (let at = 0; at < ROWS; at += 500) {
    for (let next = at; next < at + 500; next += 1) write(next);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const least = (results: Map<string, number>) => (what: string, value: number) =>
  void results.set(what, Math.min(value, results.get(what) ?? Number.POSITIVE_INFINITY));
const results = new Map<string, number>();
const idle = new Map<string, number>();
const keep = least(results);
const keepIdle = least(idle);

for (let round = 0; round < 5; round += 1) {
  keep(
    'bare INSERT, 500 rows a transaction',
    await cpu(ROWS, () => {
      for (let at = 0; at < ROWS; at += 500) {
        bare.exec('BEGIN IMMEDIATE');
        for (let next = at; next < at + 500; next += 1) {
          const { principal, action, target, outcome, durationMs } = entry(next);
          insert.run(BigInt(Date.now()), principal, action, target, outcome, durationMs, null);
        }
        bare.exec('COMMIT');
      }
    }),
  );
  let before = await stored();
  keep(
    'audit, as fast as it goes',
    await cpu(ROWS, async () => {
      await burst((at) => log.audit(entry(at)));
      await allStored(before + ROWS);
    }),
  );
  // Slower ones cannot be told from the waiting for them.
  const perSecond = 10_000;
  const rows = perSecond * 2;
  before = await stored();
  const what = `audit, ${perSecond.toLocaleString('en')} rows a second`;
  // The same waiting without a row is taken off, the least from the least, because others use the machine too.
  keepIdle(
    what,
    await cpu(rows, async () => {
      await paced(rows, perSecond, () => {});
      await allStored(before);
    }),
  );
  keep(
    what,
    await cpu(rows, async () => {
      await paced(rows, perSecond, (at) => log.audit(entry(at)));
      await allStored(before + rows);
    }),
  );
}
await auth.close();
await storage.close();
bare.close();
rmSync(folder, { recursive: true, force: true });
for (const [what, value] of results)
  console.log(`${what.padEnd(40)} ${(value - (idle.get(what) ?? 0)).toFixed(2)} us CPU a row`);
