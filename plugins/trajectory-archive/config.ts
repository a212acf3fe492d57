import { z } from 'zod';

const int = (least: number, most: number, otherwise: number) =>
  z.number().int().min(least).max(most).default(otherwise);

export const archiveConfig = z.strictObject({
  textMinBytes: int(64, 1_000_000_000, 1_024).describe(
    'texts of so many characters or more that several runs have are kept once for all of them',
  ),
  compressionLevel: int(1, 19, 1).describe('of zstd: 1 is quick, 3 saves 3 % more, 6 another 5 % at twice the time'),
  batchRuns: int(1, 10_000, 500).describe('most runs in one transaction; an `add` of more takes several'),
  batchMb: int(1, 1_024, 64).describe('and most megabytes of them, compressed'),
  yieldMs: int(1, 10_000, 20).describe('compressing gives others a turn after this time, in milliseconds'),
  textCacheMb: int(0, 4_096, 8).describe(
    'texts that several runs have are kept unpacked in memory, up to this many megabytes',
  ),
  pageRuns: int(1, 100_000, 1_000).describe('runs that are read at a time where all are looked at'),
});
export type ArchiveConfig = z.output<typeof archiveConfig>;
