import { z } from 'zod';

const count = (fallback: number, least = 1) => z.number().int().min(least).default(fallback);

export const processRunnerConfig = z.strictObject({
  dir: z
    .string()
    .min(1)
    .default('data/process-runner')
    .describe('folder for the installed servers, their data, logs, and what npm keeps'),
  sandbox: z
    .enum(['required', 'preferred'])
    .default('preferred')
    .describe('required: without bubblewrap no server is installed or started; preferred: what the policy says'),
  sandboxUid: count(65_534).describe('user id of the servers where this process is root'),
  npm: z.string().default('').describe('path of npm; empty: the one beside Node, else the first in PATH'),
  cache: z.string().default('').describe("npm's cache; empty: a folder in dir"),
  registry: z
    .string()
    .default('')
    .describe('where packages come from; empty: as the npm configuration of the user says'),
  installMs: count(300_000).describe('longest an installation may take, in milliseconds'),
  installMb: count(1_024).describe('largest installation, in MiB'),
  installFiles: count(200_000).describe('most files of an installation'),
  minFreeMb: count(256, 0).describe('an installation needs so much free on the disk, in MiB'),
  keepVersions: count(2).describe('versions of one server that are kept on the disk, for a way back'),
  tmpMb: count(64).describe('size of /tmp and of /dev/shm of a server, in MiB'),
  dataFiles: count(100_000).describe('most files in the data folder of a server'),
  logKb: count(1_024).describe('a log of what a server writes to stderr is rotated at this size, in KiB'),
  logFiles: count(3).describe('log files that are kept for each server'),
  logKbPerSecond: count(256).describe('a server that writes more to stderr is read no faster, in KiB a second'),
  stopMs: count(1_000, 0).describe('between SIGTERM and the end by force, in milliseconds'),
});
export type ProcessRunnerConfig = z.output<typeof processRunnerConfig>;
