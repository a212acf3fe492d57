import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
import { type Erased, RUN_ERASED, type RunHead, type TrajectoryArchive } from '#plugins/trajectory-archive/api';
import storagePlugin from '../../../plugins/storage/index.ts';
import archivePlugin from '../../../plugins/trajectory-archive/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

type Options = NonNullable<Parameters<typeof archivePlugin.config.parse>[0]> & object;

const postgresFound = findPostgres() !== undefined;
if (!postgresFound)
  console.warn('PostgreSQL is not installed: its half of the archive tests is left out (apt-get install postgresql)');

/** The same promises on both databases. */
export function onBothDatabases(what: string, body: (bench: ReturnType<typeof openBench>) => void): void {
  describe.each([
    { dialect: 'sqlite' as const, available: true },
    { dialect: 'postgres' as const, available: postgresFound },
  ])(`${what}, on $dialect`, ({ dialect, available }) => body(openBench(dialect, available)));
}

function openBench(dialect: 'sqlite' | 'postgres', available: boolean) {
  const folders: string[] = [];
  const closing: (() => Promise<void>)[] = [];
  let server: Postgres | undefined;
  let place: { url: string } | { dir: string };

  beforeAll(async () => {
    if (available && dialect === 'postgres') server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });
  const renew = async (): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'archive-'));
    folders.push(folder);
    place = server ? { url: await server.createDatabase() } : { dir: folder };
  };
  beforeEach(async () => {
    if (available) await renew();
  });
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  afterEach(closeAll);

  /** A process's archive on the database of this test, with a connection of its own. */
  const open = async (config: Options = {}) => {
    const database = await openPlugin(storagePlugin, place);
    closing.push(database.close);
    const { storage } = database.plugin;
    const opened = await openPlugin(archivePlugin, config, { storage });
    closing.push(opened.close);
    const told: Erased[] = [];
    opened.events.subscribe(RUN_ERASED, (erased) => void told.push(erased));
    return { ...opened, archive: opened.plugin.archive, storage, told };
  };
  return { open, renew, closeAll, dialect, on: available ? test : test.skip, place: () => place };
}

export async function allHeads(archive: TrajectoryArchive, page = 1_000): Promise<RunHead[]> {
  const heads: RunHead[] = [];
  for (;;) {
    const some = await archive.heads(heads.at(-1)?.seq ?? 0, page);
    heads.push(...some);
    if (some.length < page) return heads;
  }
}
