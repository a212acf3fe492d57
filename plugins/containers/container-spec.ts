import { availableParallelism } from 'node:os';
import { fault } from '#kernel';
import type { Distribution } from '#plugins/mcp-search/api';
import type { RunPlan } from '#plugins/provisioner/api';
import type { ContainerSpec } from './attach/plan.ts';
import type { ContainersConfig, ServerConfig } from './config.ts';
import { fillIn, secretsIn } from './templates.ts';
import type { Wanted } from './wanted.ts';

const MIB = 1024 * 1024;
const NANO = 1_000_000_000;
/** Of the memory limit; the engine ends a server that goes beyond it before Node would clear up. */
const HEAP_SHARE = 0.7;
/** What may stand in NODE_OPTIONS: nothing that loads code. */
const HARMLESS_OPTIONS = /^(?:(?:--no-[a-z-]+|--max-old-space-size=\d+)(?:\s+|$))+$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** They would run code before the server's own. */
const OF_THE_LOADER = /^(?:LD_|GLIBC_TUNABLES$|MALLOC_|NODE_(?!ENV$)|NPM_|PATH$|HOME$|BASH_ENV$|ENV$)/i;
const ARGS_VARIABLE = 'SERVER_ARGS';
export const DATA = '/data';

export interface SpecParts {
  readonly plan: RunPlan;
  readonly wanted: Wanted;
  readonly settings: ServerConfig;
  readonly config: ContainersConfig;
  readonly cores: number | undefined;
  readonly labels: Record<string, string>;
}
export interface FilledSpec {
  readonly spec: ContainerSpec;
  /** Variables that hold secrets: not in `spec`, which may be seen. */
  readonly secret: Readonly<Record<string, string>>;
}

/** How a server's container is made. Faults: LAUNCH_REFUSED, SECRET_MISSING. */
export function containerSpec(parts: SpecParts): FilledSpec {
  const { plan, wanted, config, cores, labels } = parts;
  const { limits } = plan;
  const isHttp = wanted.transport === 'http';
  const inner = `${wanted.innerPort}/tcp`;
  const { env, secret, args } = surroundings(parts);
  const spec: ContainerSpec = {
    Image: wanted.imageId,
    ...command(wanted, args, limits.memoryMb),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    User: config.user,
    Labels: labels,
    Tty: false,
    ...(isHttp
      ? { ExposedPorts: { [inner]: {} } }
      : { AttachStdin: true, AttachStdout: true, AttachStderr: true, OpenStdin: true, StdinOnce: true }),
    HostConfig: {
      Init: true,
      // A container that is attached has no use after its connection; one with a port outlives us.
      AutoRemove: !isHttp,
      RestartPolicy: { Name: isHttp ? 'unless-stopped' : 'no' },
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: limits.memoryMb * MIB,
      MemorySwap: limits.memoryMb * MIB,
      NanoCpus: Math.round(Math.min(limits.cpus, cores ?? availableParallelism()) * NANO),
      PidsLimit: limits.processes,
      Ulimits: [
        { Name: 'nofile', Soft: limits.openFiles, Hard: limits.openFiles },
        { Name: 'fsize', Soft: limits.fileMb * MIB, Hard: limits.fileMb * MIB },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      Tmpfs: { '/tmp': `rw,nosuid,nodev,size=${config.tmpMb}m,mode=1777` },
      ShmSize: config.tmpMb * MIB,
      Binds: wanted.volume === undefined ? [] : [`${wanted.volume}:${DATA}`],
      NetworkMode: limits.network === 'none' ? 'none' : 'bridge',
      PortBindings: isHttp ? { [inner]: [{ HostIp: '127.0.0.1', HostPort: String(wanted.port) }] } : {},
      // What a server says over stdio would land in the log a second time.
      LogConfig: isHttp
        ? { Type: 'json-file', Config: { 'max-size': `${config.logKb}k`, 'max-file': '2' } }
        : { Type: 'none', Config: {} },
    },
  };
  return { spec, secret };
}

function command(
  { entry }: Wanted,
  args: readonly string[],
  memoryMb: number,
): Pick<ContainerSpec, 'Cmd' | 'Entrypoint'> {
  if (entry === undefined) return args.length === 0 ? {} : { Cmd: [...args] };
  const node = ['node', `--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)}`, '--require', '/take-args.cjs'];
  return { Entrypoint: [...node, entry], Cmd: [] };
}

/** Arguments of a server that Node runs come in its environment: every user of the machine may read a command line. */
function surroundings({ plan, wanted }: SpecParts) {
  const { server, secrets } = plan;
  const { args, env: templates } = argsAndEnv(plan.distribution);
  const home = wanted.volume === undefined ? '/tmp' : DATA;
  const env: Record<string, string> = { HOME: home, TMPDIR: '/tmp', LANG: 'C.UTF-8', NODE_ENV: 'production' };
  const secret: Record<string, string> = {};
  if (wanted.transport === 'http') env.PORT = env.MCP_SERVER_PORT = String(wanted.innerPort);
  for (const [name, template] of Object.entries(templates)) {
    const isHarmless = name === 'NODE_OPTIONS' && HARMLESS_OPTIONS.test(template);
    if (!isHarmless && (!VARIABLE.test(name) || OF_THE_LOADER.test(name)))
      throw refused(server, `asks for the environment variable "${name}", which no server gets`);
    const value = fillIn(template, DATA, secrets);
    // A secret that is not there and not required: the server sees no variable rather than an empty one.
    if (value === undefined) continue;
    if (secretsIn(template).length > 0) secret[name] = value;
    else env[name] = value;
  }
  const filled = args.map((template) => {
    const value = fillIn(template, DATA, secrets);
    if (value !== undefined) return value;
    throw fault('SECRET_MISSING', `${server} is started with the secret ${secretsIn(template)[0]}, which is not set`, {
      kind: 'invalid',
      hint: 'set it in the secrets of the provisioner',
    });
  });
  const hasSecret = args.some((template) => secretsIn(template).length > 0);
  if (wanted.entry === undefined && hasSecret)
    throw refused(server, 'takes a secret as an argument, which every user of the machine could read');
  if (wanted.entry !== undefined) (hasSecret ? secret : env)[ARGS_VARIABLE] = JSON.stringify(filled);
  return { env, secret, args: filled };
}

export function argsAndEnv(distribution: Distribution): {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
} {
  if (distribution.kind === 'npm' || distribution.kind === 'oci') return distribution;
  return { args: [], env: {} };
}

const refused = (server: string, why: string) =>
  fault('LAUNCH_REFUSED', `${server} ${why}`, { kind: 'forbidden', hint: 'change its description in the catalog' });
