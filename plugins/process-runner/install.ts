import { copyFileSync, existsSync, readdirSync, statfsSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fault, isFault, reason } from '#kernel';
import type { InstallStep, RunPlan } from '#plugins/provisioner/api';
import type { ProcessRunnerConfig } from './config.ts';
import type { Folders, NpmDistribution } from './folders.ts';
import {
  type Contents,
  contentsOf,
  type Installation,
  lockSha256,
  readMarker,
  sync,
  writeMarker,
} from './installation.ts';
import { measureFolder } from './measure-folder.ts';
import type { Npm } from './npm/find-npm.ts';
import { diskFull, installFailed, npmFault } from './npm/npm-faults.ts';
import { runNpm } from './npm/run-npm.ts';
import { checkNode, packageBin } from './package-bin.ts';
import { removeFolder } from './remove-folder.ts';
import type { Jail } from './sandbox/plan.ts';
import { stagingName } from './staging.ts';

const MIB = 1024 * 1024;
const MEASURE_MS = 1_000;
const DEEPEST = 100;
/** Files that are brought onto the disk at the same time. */
const SYNCS = 16;

export interface InstallParts {
  readonly folders: Folders;
  readonly config: ProcessRunnerConfig;
  readonly npm: Npm;
  readonly jail: Jail | undefined;
}

type Tell = (step: InstallStep) => void;

/**
 * Installs into a folder of its own beside the others, checks what came, and moves it into place in one step. What a
 * kill leaves behind has no place and no marker: `sweep` removes it.
 */
export async function install(parts: InstallParts, plan: RunPlan, tell: Tell, signal: AbortSignal): Promise<void> {
  const { folders, config } = parts;
  const distribution = plan.distribution as NpmDistribution;
  checkNode(distribution, distribution.node);
  const target = folders.installation(plan.server, distribution);
  const staging = path.join(folders.staging, stagingName(plan.server));
  try {
    await mkdir(staging, { recursive: true, mode: 0o755 });
    await seed(staging, target, distribution);
    await download(parts, staging, distribution, tell, signal);
    tell({ step: 'verify', message: 'checking what was installed', done: 0.8 });
    const installation = await inspect(staging, distribution, config);
    signal.throwIfAborted();
    await writeMarker(staging, installation);
    await place(staging, target);
    tell({ step: 'verify', message: `${distribution.package}@${distribution.version} is in place`, done: 1 });
    const { replaces } = plan;
    const needed = [target, ...(replaces?.kind === 'npm' ? [folders.installation(plan.server, replaces)] : [])];
    await dropOldVersions(path.dirname(target), needed, config.keepVersions);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isFault(error) || signal.aborted) throw error;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull(`while installing ${distribution.package}`);
    throw installFailed(`${distribution.package} could not be installed: ${reason(error)}`);
  } finally {
    await removeFolder(staging);
  }
}

/** The lock of a broken installation of the same package gives the same tree again, from npm's cache where it has it. */
async function seed(staging: string, target: string, { package: name, version }: NpmDistribution): Promise<void> {
  await writeFile(
    path.join(staging, 'package.json'),
    JSON.stringify({ name: 'installation', private: true, dependencies: { [name]: version } }),
  );
  const before = readMarker(target);
  const lock = path.join(target, 'package-lock.json');
  if (before !== undefined && existsSync(lock) && lockSha256(target) === before.lockSha256)
    copyFileSync(lock, path.join(staging, 'package-lock.json'));
}

async function download(
  { config, folders, npm, jail }: InstallParts,
  staging: string,
  distribution: NpmDistribution,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const wanted = `${distribution.package}@${distribution.version}`;
  const { bavail, bsize } = statfsSync(staging);
  if (bavail * bsize < config.minFreeMb * MIB) throw diskFull(`(less than ${config.minFreeMb} MiB are free)`);
  tell({ step: 'download', message: `npm fetches ${wanted}`, done: 0.05 });
  const ending = new AbortController();
  const bounds = { files: config.installFiles, depth: DEEPEST };
  const watch = setInterval(() => {
    const { bytes, files, depth } = measureFolder(staging, bounds);
    const why = tooLarge(config, bytes, files, depth);
    if (why !== undefined) ending.abort(why);
    else tell({ step: 'download', message: `npm fetches ${wanted}: ${Math.round(bytes / MIB)} MiB so far` });
  }, MEASURE_MS);
  const limit = setTimeout(() => {
    ending.abort(
      fault('INSTALL_FAILED', `installing ${wanted} took longer than ${config.installMs} ms`, {
        kind: 'timeout',
        hint: 'try again, or raise process-runner.installMs',
      }),
    );
  }, config.installMs);
  try {
    const cache = config.cache === '' ? folders.cache : path.resolve(config.cache);
    const run = { npm, jail, folder: staging, cache, registry: config.registry };
    const isRepair = existsSync(path.join(staging, 'package-lock.json'));
    const outcome = await runNpm(run, isRepair ? ['--prefer-offline'] : [], AbortSignal.any([signal, ending.signal]));
    signal.throwIfAborted();
    ending.signal.throwIfAborted();
    if (!outcome.ok) throw npmFault(wanted, outcome.stdout, outcome.stderr);
  } finally {
    clearInterval(watch);
    clearTimeout(limit);
  }
}

function tooLarge(config: ProcessRunnerConfig, bytes: number, files: number, depth: number) {
  const what =
    bytes > config.installMb * MIB
      ? `is larger than ${config.installMb} MiB`
      : files > config.installFiles
        ? `has more than ${config.installFiles} files`
        : depth > DEEPEST
          ? `has folders nested deeper than ${DEEPEST}`
          : undefined;
  if (what === undefined) return undefined;
  return fault('INSTALL_TOO_LARGE', `what is being installed ${what}`, {
    kind: 'too_large',
    hint: 'raise process-runner.installMb or installFiles where this is expected',
  });
}

const lockFile = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
      inBundle: z.boolean().optional(),
    }),
  ),
});

/** Is it what was planned, and nothing else? */
async function inspect(folder: string, plan: NpmDistribution, config: ProcessRunnerConfig): Promise<Installation> {
  const lock = lockFile.parse(JSON.parse(await readFile(path.join(folder, 'package-lock.json'), 'utf8')));
  const own = lock.packages[`node_modules/${plan.package}`];
  if (own?.version !== plan.version)
    throw installFailed(`npm installed ${plan.package}@${own?.version}, not ${plan.version}`);
  if (plan.integrity !== undefined && own.integrity !== plan.integrity)
    throw fault('PACKAGE_CHANGED', `${plan.package}@${plan.version} is not the package that was looked at before`, {
      kind: 'conflict',
      hint: 'search again; where this comes back, the registry or something on the way is not to be trusted',
    });
  for (const [place, { link, resolved }] of Object.entries(lock.packages))
    if (link === true || /^(?:git|file)[+:]/.test(resolved ?? ''))
      throw installFailed(`${place} does not come from the registry, but from ${resolved ?? 'a link'}`);
  const contents = contentsOf(folder);
  const { bytes, files, depth } = measureFolder(folder, { files: config.installFiles, depth: DEEPEST });
  const large = tooLarge(config, bytes, files, depth);
  if (large !== undefined) throw large;
  if (contents.strange.length > 0)
    throw installFailed(`${contents.strange[0]} leads out of the folder, or is no file, folder or link`);
  const bin = packageBin(folder, plan);
  await settle(folder, contents);
  return {
    package: plan.package,
    version: plan.version,
    ...(own.integrity !== undefined && { integrity: own.integrity }),
    bin: bin.file,
    isNodeScript: bin.isNodeScript,
    lockSha256: lockSha256(folder),
    files: contents.files,
    bytes: contents.bytes,
    digest: contents.digest,
    installedAt: Date.now(),
  };
}

/** All of it readable for the user of the sandbox, whatever the umask here is, and on the disk. */
async function settle(folder: string, { paths }: Contents): Promise<void> {
  const waiting = [folder, ...paths.map((each) => path.join(folder, each))];
  const work = async (): Promise<void> => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const info = await lstat(file);
      if (info.isSymbolicLink()) continue;
      const readable = info.mode | 0o444 | (info.isDirectory() || (info.mode & 0o100) !== 0 ? 0o111 : 0);
      if (readable !== info.mode) await chmod(file, readable & 0o777);
      await sync(file);
    }
  };
  await Promise.all(Array.from({ length: SYNCS }, work));
}

/** In one step; where another process was quicker with the same, its installation stays. */
async function place(staging: string, target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  for (;;) {
    try {
      await rename(staging, target);
      await sync(path.dirname(target));
      return;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    // A broken one that is to be replaced: first out of the way, so that it never counts half removed.
    const away = `${staging}-replaced`;
    await rename(target, away).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await removeFolder(away);
  }
}

async function dropOldVersions(folder: string, needed: readonly string[], keep: number): Promise<void> {
  const others = readdirSync(folder)
    .map((name) => path.join(folder, name))
    .filter((each) => !needed.includes(each))
    .map((each) => ({ folder: each, at: readMarker(each)?.installedAt ?? 0 }))
    .sort((a, b) => b.at - a.at);
  for (const { folder: old } of others.slice(Math.max(0, keep - needed.length))) await removeFolder(old);
}
