import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fault } from '#kernel';
import type { RunPlan } from '#plugins/provisioner/api';
import type { Launch } from '#plugins/tool-registry/api';
import type { ProcessRunnerConfig } from './config.ts';
import type { NpmDistribution } from './folders.ts';
import type { Installation } from './installation.ts';
import { type Jail, PLAN_VARIABLE, type SandboxPlan, SECRET_PREFIX, secretsIn } from './sandbox/plan.ts';

const KIB = 1024;
/** The supervising program: a source in a clone, JavaScript in the published package, like this file. */
const MAIN = fileURLToPath(new URL(`sandbox/main${path.extname(fileURLToPath(import.meta.url))}`, import.meta.url));
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What may stand in NODE_OPTIONS: nothing that loads code. */
const HARMLESS_OPTIONS = /^(?:(?:--no-[a-z-]+|--max-old-space-size=\d+)(?:\s+|$))+$/;
/** They would run code before the limits of the sandbox are set. */
const OF_THE_LOADER = /^(?:LD_|GLIBC_TUNABLES$|MALLOC_|NODE_(?!ENV$)|NPM_|PATH$|HOME$|BASH_ENV$|ENV$)/i;

interface LaunchParts {
  readonly plan: RunPlan;
  readonly distribution: NpmDistribution;
  readonly installation: Installation;
  readonly config: ProcessRunnerConfig;
  readonly jail: Jail | undefined;
  readonly folder: string;
  readonly dataFolder: string;
  readonly log: string;
}

/** The command that the dispatcher starts. Faults: LAUNCH_REFUSED, SECRET_MISSING. */
export function launchOf(parts: LaunchParts): Launch {
  const { plan, distribution, installation, config, jail, folder, dataFolder, log } = parts;
  const { limits, secrets, server } = plan;
  const { args, env } = distribution;
  checkVariables(server, env);
  const named = new Set([...args, ...Object.values(env)].flatMap(secretsIn));
  for (const name of args.flatMap(secretsIn))
    if (secrets[name] === undefined)
      throw fault('SECRET_MISSING', `${server} is started with the secret ${name}, which is not set`, {
        kind: 'invalid',
        hint: `set it under provisioner.secrets.${name}`,
      });
  const sandboxPlan: SandboxPlan = {
    server,
    ...(jail !== undefined && { jail }),
    node: process.execPath,
    packageFolder: folder,
    dataFolder,
    bin: installation.bin,
    isNodeScript: installation.isNodeScript,
    args,
    env,
    network: limits.network,
    limits: {
      memoryMb: limits.memoryMb,
      processes: limits.processes,
      cpus: limits.cpus,
      openFiles: limits.openFiles,
      fileMb: limits.fileMb,
      dataMb: limits.dataMb,
      dataFiles: config.dataFiles,
      tmpMb: config.tmpMb,
    },
    log: {
      file: log,
      bytes: config.logKb * KIB,
      files: config.logFiles,
      bytesPerSecond: config.logKbPerSecond * KIB,
    },
    stopMs: config.stopMs,
  };
  const given = Object.entries(secrets).filter(([name]) => named.has(name));
  return {
    kind: 'stdio',
    command: process.execPath,
    // The name is for those who look at the processes of the machine.
    args: [MAIN, server],
    env: {
      [PLAN_VARIABLE]: JSON.stringify(sandboxPlan),
      ...Object.fromEntries(given.map(([name, value]) => [`${SECRET_PREFIX}${name}`, value])),
    },
  };
}

function checkVariables(server: string, env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (name === 'NODE_OPTIONS' && HARMLESS_OPTIONS.test(value)) continue;
    if (!VARIABLE.test(name) || OF_THE_LOADER.test(name))
      throw fault('LAUNCH_REFUSED', `${server} asks for the environment variable "${name}", which no server gets`, {
        kind: 'forbidden',
        hint: 'take it out of its description',
      });
  }
}
