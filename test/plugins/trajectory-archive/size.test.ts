import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { SeenHashes } from '../../../plugins/trajectory-archive/seen-hashes.ts';
import { arrived, hex, madeRun, type TauRecord, tauRun } from './made-runs.ts';
import { onBothDatabases } from './open-archive.ts';

const DATA = resolve(import.meta.dirname, '../../../../shared/data/trajectories/tau-bench-airline/trajectories.jsonl');
const there = existsSync(DATA);
if (!there) console.warn(`${DATA} is not here: what real trajectories take of the disk is not tested`);

onBothDatabases('the disk', ({ open, on, place, dialect }) => {
  const fileBytes = async (storage: Awaited<ReturnType<typeof open>>['storage']): Promise<number> => {
    await storage.all('PRAGMA wal_checkpoint(TRUNCATE)');
    return statSync(join((place() as { dir: string }).dir, 'datapresso.db')).size;
  };

  if (there)
    on('real runs take less than 0.35 of their bytes', async () => {
      const { archive, storage } = await open();
      const lines = readFileSync(DATA, 'utf8').trim().split('\n');
      const runs = lines.map((line) => arrived(tauRun(JSON.parse(line) as TauRecord), DATA, Buffer.byteLength(line)));
      await archive.add(runs);
      expect(await archive.many(runs.map(({ run }) => run.id))).toEqual(
        runs.map(({ run }) => JSON.parse(JSON.stringify(run))),
      );
      const { rawBytes, storedBytes } = await archive.totals();
      expect(rawBytes).toBe(statSync(DATA).size - lines.length);
      expect(storedBytes / rawBytes).toBeLessThan(0.25);
      if (dialect === 'sqlite') expect((await fileBytes(storage)) / rawBytes).toBeLessThan(0.35);
    });

  on('what repeats within and between runs takes little', async () => {
    const { archive, storage } = await open();
    const words = Array.from({ length: 4_000 }, (_, at) => hex(`${at}`).slice(0, 7));
    const page = (from: number, length: number) => words.slice(from, from + length).join(' ');
    // Every step holds the prompt up to then, as some formats have it.
    const runs = Array.from({ length: 12 }, (_, n) =>
      madeRun(`run ${n}`, {
        messages: Array.from({ length: 30 }, (_, at) => ({
          role: 'user' as const,
          text: page(n * 40 + at * 60, 250),
          extra: { prompt: page(0, 300) + page(n * 40, at * 60) },
        })),
      }),
    ).map((run) => arrived(run));
    await archive.add(runs);
    const { rawBytes, storedBytes } = await archive.totals();
    expect(storedBytes / rawBytes).toBeLessThan(0.6);
    if (dialect === 'sqlite') expect(await fileBytes(storage)).toBeLessThan(rawBytes);
  });
});

test('a hundred thousand records are known, and no others', () => {
  const seen = new SeenHashes();
  const hash = (at: number) => Buffer.from(hex(`${at}`), 'hex');
  seen.add(new Uint8Array(16));
  for (let round = 0; round < 2; round += 1) for (let at = 0; at < 100_000; at += 1) seen.add(hash(at));
  expect(seen.size).toBe(100_001);
  expect(seen.has(new Uint8Array(16))).toBe(true);
  for (let at = 0; at < 200_000; at += 7) expect(seen.has(hash(at))).toBe(at < 100_000);
});
