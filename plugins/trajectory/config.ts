import { z } from 'zod';
import { secret } from '#kernel';

const count = (least: number, most: number) => z.number().int().min(least).max(most);

export const trajectoryConfig = z.strictObject({
  dir: z
    .string()
    .min(1)
    .default('data/trajectories')
    .describe('Folder of the segments and packs; processes that share it share the database too.'),
  segmentMb: count(1, 2_000).default(64).describe('A segment or pack that is larger is followed by a new one.'),
  groupDelayMs: count(0, 1_000)
    .default(5)
    .describe('How long a step waits for company before both go to disk together.'),
  sliceMs: count(1, 100)
    .default(4)
    .describe('Steps are written out for so long at a time; then others have their turn.'),
  longText: count(64, 1_000_000)
    .default(1_024)
    .describe('Texts of more characters are stored once, by the hash of their content.'),
  maxWaitingMb: count(1, 4_000)
    .default(256)
    .describe('What may wait for the disk; a run whose step does not fit is broken off, and its `settled` says so.'),
  retryMs: count(10, 600_000).default(1_000).describe('After a failed write it is tried again after this time.'),
  indexDelayMs: count(1, 60_000)
    .default(250)
    .describe('How long the index and the statistics in the database may be behind the files.'),
  secrets: z
    .array(secret())
    .default([])
    .describe(
      'Texts that are masked wherever they occur, such as keys; empty ones and those under 4 characters are not.',
    ),
  maskEnvironment: z
    .boolean()
    .default(true)
    .describe('Mask the values of environment variables whose names speak of a key, token, secret or password.'),
});
export type TrajectoryConfig = z.output<typeof trajectoryConfig>;
