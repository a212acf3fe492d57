import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
import type { z } from 'zod';
import type { RunStart, Step } from '#plugins/trajectory/api';
import storagePlugin from '../../../plugins/storage/index.ts';
import type { trajectoryConfig } from '../../../plugins/trajectory/config.ts';
import trajectoryPlugin from '../../../plugins/trajectory/index.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

export type TrajectoryOptions = z.input<typeof trajectoryConfig>;
const postgresFound = findPostgres() !== undefined;
if (!postgresFound)
  console.warn(
    'PostgreSQL is not installed: its half of the trajectory tests is left out (apt-get install postgresql)',
  );

type Bench = ReturnType<typeof openBench>;

/** The same promises on both databases. */
export function onBothDatabases(what: string, body: (bench: Bench) => void): void {
  describe.each([
    { dialect: 'sqlite' as const, available: true },
    { dialect: 'postgres' as const, available: postgresFound },
  ])(`${what}, on $dialect`, ({ dialect, available }) => body(openBench(dialect, available)));
}

/** A folder and a database for each test. Opened twice, it is a restart or a second process. */
export function openBench(dialect: 'sqlite' | 'postgres' = 'sqlite', available = true) {
  const folders: string[] = [];
  const closing: (() => Promise<void>)[] = [];
  let server: Postgres | undefined;
  const here = { dir: '', data: '', database: {} as { url?: string; dir?: string } };

  beforeAll(async () => {
    if (available && dialect === 'postgres') server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });
  beforeEach(async () => {
    if (!available) return;
    const folder = mkdtempSync(path.join(tmpdir(), 'trajectory-'));
    folders.push(folder);
    here.data = path.join(folder, 'data');
    here.dir = path.join(folder, 'trajectories');
    here.database = server ? { url: await server.createDatabase() } : { dir: here.data };
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const open = async (options: TrajectoryOptions = {}) => {
    const storage = await openPlugin(storagePlugin, here.database);
    closing.push(storage.close);
    const services = { storage: storage.plugin.storage };
    const opened = await openPlugin(trajectoryPlugin, { dir: here.dir, groupDelayMs: 1, ...options }, services);
    closing.push(opened.close);
    return {
      trajectories: opened.plugin.trajectories,
      storage: storage.plugin.storage,
      lines: opened.lines,
      health: () => opened.plugin.health!(),
      close: async (): Promise<void> => {
        await opened.close();
        await storage.close();
      },
    };
  };
  return { here, open, on: available ? test : test.skip };
}

export const start = (id: string, more: Partial<RunStart> = {}): RunStart => ({
  id,
  task: `the task of ${id}`,
  agent: 'tester',
  model: 'none',
  startedAt: 1_700_000_000_000,
  ...more,
});

export const used = (tool: string, success: boolean | undefined, more: Partial<Step> = {}): Step => ({
  kind: 'tool_execution',
  turn: 1,
  at: 1_700_000_000_500,
  phase: 'ended',
  input: { call: 'c1', tool, args: { q: 1 } },
  output: { text: 'done' },
  durationMs: 10,
  ...(success !== undefined && { success }),
  ...more,
});

export const thought = (text: string, turn = 1): Step => ({
  kind: 'thought',
  turn,
  at: 1_700_000_000_100,
  output: text,
});

/** Every byte below a folder, as one text for each file. */
export const filesBelow = (dir: string): { readonly name: string; readonly bytes: Buffer }[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(dir, name)).isFile())
    .map((name) => ({ name, bytes: readFileSync(path.join(dir, name)) }));
