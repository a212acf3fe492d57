import { z } from 'zod';

const count = (least: number, most: number) => z.number().int().min(least).max(most);

export const CONFIG = z.strictObject({
  dir: z
    .string()
    .min(1)
    .default('data')
    .describe('Folder of the embedded database file `datapresso.db`; made where it is missing. Unused with `url`.'),
  url: z
    .string()
    .default('')
    .meta({ secret: true, description: 'PostgreSQL, as `postgres://user:password@host:5432/name`. Empty: embedded.' }),
  synchronous: z
    .enum(['normal', 'full'])
    .default('normal')
    .describe('Embedded: `normal` survives a killed process, `full` a power cut as well, at one disk sync per commit.'),
  busyTimeoutMs: count(1, 600_000)
    .default(5_000)
    .describe('Embedded: how long a write waits for another process that holds the file.'),
  transactionTimeoutMs: count(1, 3_600_000).default(30_000).describe('A transaction that takes longer is rolled back.'),
  poolMax: count(1, 1_000).default(10).describe('PostgreSQL: most connections.'),
  connectTimeoutMs: count(100, 600_000)
    .default(5_000)
    .describe('PostgreSQL: how long to wait for a connection, and for the server at start.'),
  idleTimeoutMs: count(0, 3_600_000).default(30_000).describe('PostgreSQL: an unused connection is closed after this.'),
  statementTimeoutMs: count(1, 3_600_000).default(30_000).describe('PostgreSQL: the server stops a longer statement.'),
  appendFlushMs: count(0, 10_000).default(5).describe('Appended rows are committed together after this time.'),
  appendLaterMs: count(0, 60_000)
    .default(50)
    .describe(
      'The same for rows that nobody waits for, such as the audit log; so much of them a killed process may lose.',
    ),
  appendFlushRows: count(1, 100_000)
    .default(500)
    .describe('So many appended rows are committed without waiting longer.'),
  appendMaxPending: count(1, 10_000_000)
    .default(50_000)
    .describe('Appended rows that may wait for their commit; more are refused with STORAGE_BUSY.'),
});

export type StorageConfig = z.output<typeof CONFIG>;
