import { createHash } from 'node:crypto';
import path from 'node:path';
import { fault } from '#kernel';
import type { Distribution } from '#plugins/mcp-search/api';
import type { RunPlan } from '#plugins/provisioner/api';
import { type ContainersConfig, containersConfig, type ServerConfig } from './config.ts';
import { argsAndEnv } from './container-spec.ts';
import { asksForData } from './templates.ts';

/** Changes where what is built of the same things would come out differently. */
const GENERATION = 1;
const DEFAULTS = containersConfig.shape.servers.parse({ default: {} }).default!;

/** Where a server comes from and how it is to be run, from its distribution and the options for it. */
export interface Recipe {
  readonly settings: ServerConfig;
  /** Digest of all that goes into the image, and of how it is reached: with another one it is installed again. */
  readonly key: string;
  /** Name of the image, on this machine only. */
  readonly image: string;
  readonly volume: string | undefined;
}

/** `npm:NAME` or `oci:IMAGE`, as candidates are known. */
export const identityOf = (distribution: Distribution): string =>
  distribution.kind === 'npm'
    ? `npm:${distribution.package}`
    : distribution.kind === 'oci'
      ? `oci:${distribution.image}`
      : distribution.kind;

/** Fault LAUNCH_REFUSED where its level does not fit how it is to be reached. */
export function recipeOf(plan: RunPlan, config: ContainersConfig, instance: string): Recipe {
  const { server, distribution, limits } = plan;
  const settings = config.servers[identityOf(distribution)] ?? DEFAULTS;
  if (settings.transport === 'http' && limits.network === 'none')
    throw fault('LAUNCH_REFUSED', `${server} is to listen on a port, and its level gives it no network`, {
      kind: 'forbidden',
      hint: 'run it over stdio, or at a level with network',
    });
  const source = distribution.kind === 'npm' ? { ...distribution, args: [], env: {} } : identityOf(distribution);
  const { args, env } = argsAndEnv(distribution);
  const wantsVolume = settings.volume || [...args, ...Object.values(env)].some(asksForData);
  const folder = settings.folder && path.resolve(settings.folder);
  const made = [GENERATION, source, config.baseImage, config.user, { ...settings, folder }, wantsVolume];
  const key = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 16);
  return {
    settings,
    key,
    // `localhost/`: one that is missing is an error at once, instead of a question to a registry.
    image: `localhost/mcp/${instance}/${server}:${key}`,
    volume: wantsVolume ? `mcp-${instance}-${server}` : undefined,
  };
}
