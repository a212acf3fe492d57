import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { INSIDE } from './bubblewrap.ts';
import { fillIn, type SandboxPlan, secretsIn } from './plan.ts';
import type { JailedProgram } from './spawn-jailed.ts';

const MIB = 1024 * 1024;
/** Of the memory limit; the rest is for what is not JavaScript's. */
const HEAP_SHARE = 0.75;
/**
 * Beyond the limit: a Node that does nothing has 600 MiB mapped to write on, nearly all of it never touched (stacks of
 * threads, room for code). The kernel bounds each process by this at once; the watch bounds what all of them touch.
 */
const NODE_DATA_MB = 1_024;
const TAKE_ARGS = fileURLToPath(new URL('take-args.cjs', import.meta.url));
const ARGS_VARIABLE = 'SERVER_ARGS';

type Secrets = ReadonlyMap<string, string>;

interface Places {
  readonly node: string;
  readonly package: string;
  readonly data: string;
  readonly takeArgs: string;
  readonly path: string;
}

/** A server as bubblewrap is to run it. prlimit comes last: before, its limits would bind bwrap on the host, too. */
export function jailedProgram(plan: SandboxPlan, secrets: Secrets): JailedProgram {
  const { limits } = plan;
  const prlimit = [
    '/usr/bin/prlimit',
    `--nproc=${limits.processes}`,
    `--nofile=${limits.openFiles}`,
    `--fsize=${limits.fileMb * MIB}`,
    `--data=${(limits.memoryMb + NODE_DATA_MB) * MIB}`,
    '--core=0',
    '--',
  ];
  const places = {
    ...INSIDE,
    takeArgs: '/runtime/take-args.cjs',
    path: `${path.dirname(INSIDE.node)}:/usr/local/bin:/usr/bin:/bin`,
  };
  const { command, env } = server(plan, secrets, places);
  return {
    command: [...prlimit, ...command],
    shape: {
      mounts: [
        { from: plan.node, to: INSIDE.node },
        { from: plan.packageFolder, to: INSIDE.package },
        { from: plan.dataFolder, to: INSIDE.data, writable: true },
        { from: TAKE_ARGS, to: places.takeArgs },
        ...certificates(plan),
      ],
      network: plan.network === 'full',
      tmpMb: limits.tmpMb,
      cwd: INSIDE.data,
      env: { ...env, TMPDIR: '/tmp' },
    },
  };
}

/** The same without a sandbox: what is left is a clean environment and the watch. */
export function plainProgram(plan: SandboxPlan, secrets: Secrets) {
  const { command, env } = server(plan, secrets, {
    node: plan.node,
    package: plan.packageFolder,
    data: plan.dataFolder,
    takeArgs: TAKE_ARGS,
    path: `${path.dirname(plan.node)}${path.delimiter}${process.env.PATH ?? ''}`,
  });
  return { command, env, cwd: plan.dataFolder };
}

function server(plan: SandboxPlan, secrets: Secrets, places: Places) {
  const fill = (template: string) => fillIn(template, places.data, (name) => secrets.get(name));
  const env: Record<string, string> = { PATH: places.path, HOME: places.data, LANG: 'C.UTF-8', NODE_ENV: 'production' };
  for (const { to } of certificates(plan)) env.NODE_EXTRA_CA_CERTS = to;
  for (const [name, template] of Object.entries(plan.env)) {
    const value = fill(template);
    // A secret that is not there and not required: the server sees no variable rather than an empty one.
    if (value !== undefined) env[name] = value;
  }
  const bin = path.join(places.package, plan.bin);
  const args = plan.args.map((template) => fill(template) ?? '');
  if (!plan.isNodeScript) return { command: [bin, ...args], env };
  const node = [places.node, `--max-old-space-size=${Math.floor(plan.limits.memoryMb * HEAP_SHARE)}`];
  if (!plan.args.some((template) => secretsIn(template).length > 0)) return { command: [...node, bin, ...args], env };
  return {
    command: [...node, '--require', places.takeArgs, bin],
    env: { ...env, [ARGS_VARIABLE]: JSON.stringify(args) },
  };
}

/** A machine behind a proxy that opens TLS says so by this variable; without it a server with network reaches nothing. */
function certificates(plan: SandboxPlan): { from: string; to: string }[] {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  if (plan.network !== 'full' || file === undefined || !existsSync(file)) return [];
  return [{ from: path.resolve(file), to: plan.jail === undefined ? file : '/runtime/ca.pem' }];
}
