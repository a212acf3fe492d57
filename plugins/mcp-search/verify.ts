import { z } from 'zod';
import { isFault } from '#kernel';
import type { CacheSpace } from '#plugins/cache/api';
import type { Distribution, FoundServer, Publisher } from './api.ts';
import type { McpSearchConfig } from './config.ts';
import { getJson } from './http-json.ts';
import type { NpmAddress } from './npm-address.ts';

/** What the npm registry says of one package: only what matters here is kept. */
export interface PackageFacts {
  readonly version: string;
  readonly integrity?: string;
  readonly node?: string;
  readonly bins: readonly string[];
  /** The name under which the official registry knows it: proof of ownership. */
  readonly mcpName?: string;
  readonly deprecated?: string;
  readonly maintainers: number;
  readonly readme: boolean;
  readonly publishedAt?: number;
  /** Where the package says that its source is. */
  readonly repository?: string;
}
export type Verdict =
  | { readonly kind: 'exists'; readonly facts: PackageFacts }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

const packument = z.looseObject({
  'dist-tags': z.record(z.string(), z.string()).default({}),
  versions: z.record(
    z.string(),
    z.looseObject({
      bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
      engines: z.unknown().optional(),
      mcpName: z.string().optional(),
      deprecated: z.union([z.string(), z.boolean()]).optional(),
      repository: z.union([z.string(), z.looseObject({ url: z.string().optional() })]).optional(),
      dist: z.looseObject({ integrity: z.string().optional() }).optional(),
    }),
  ),
  maintainers: z.array(z.unknown()).default([]),
  readme: z.string().optional(),
  time: z.record(z.string(), z.string()).optional(),
});

/** Sources tell names, and a name becomes part of an address. */
const NPM_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i;

/** Sources tell of packages that are not there: each one is looked up where it would be installed from. */
export class Verifier {
  readonly #config: McpSearchConfig;
  readonly #address: NpmAddress;
  readonly #space: CacheSpace<Verdict> | undefined;

  constructor(config: McpSearchConfig, address: NpmAddress, space: CacheSpace<Verdict> | undefined) {
    this.#config = config;
    this.#address = address;
    this.#space = space;
  }

  /**
   * Only npm packages are looked up; a server without one is taken as its source tells it. `anew`: what was kept from an
   * earlier look does not count, such as which version was the newest then.
   */
  async verdict(server: FoundServer, signal: AbortSignal, { anew = false } = {}): Promise<Verdict | undefined> {
    const npm = npmOf(server);
    if (npm === undefined) return undefined;
    if (!NPM_NAME.test(npm.package))
      return { kind: 'absent', reason: 'its package has a name that npm does not allow' };
    const look = async (given: AbortSignal): Promise<Verdict> => this.#look(npm.package, npm.version, given);
    if (this.#space === undefined) return look(signal);
    const key = `npm:${npm.package}@${npm.version}`;
    if (anew) {
      const verdict = await look(signal);
      if (verdict.kind !== 'unknown') await this.#space.set(key, verdict);
      return verdict;
    }
    const { value } = await this.#space.through(
      key,
      async (given) => {
        const value = await look(given);
        // That a registry was away is nothing to remember.
        return { value, keep: value.kind !== 'unknown' };
      },
      { signal },
    );
    return value;
  }

  async #look(name: string, version: string, signal: AbortSignal): Promise<Verdict> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#config.verifyMs)]);
    try {
      const url = new URL(encodeURIComponent(name), await this.#address.get());
      const { body } = await getJson({ url: url.href, signal: limit, maxBytes: this.#config.answerBytes * 4 });
      return factsOf(packument.parse(body), name, version);
    } catch (error) {
      signal.throwIfAborted();
      if (isFault(error) && error.code === 'SOURCE_NOT_FOUND')
        return { kind: 'absent', reason: `there is no npm package "${name}"` };
      const why = isFault(error) ? error.message : limit.aborted ? 'it took too long' : 'its answer cannot be read';
      return { kind: 'unknown', reason: `"${name}" could not be looked up: ${why}` };
    }
  }
}

function factsOf(found: z.output<typeof packument>, name: string, wanted: string): Verdict {
  const version = wanted === '' ? found['dist-tags'].latest : wanted;
  const entry = version === undefined ? undefined : found.versions[version];
  if (version === undefined || entry === undefined)
    return { kind: 'absent', reason: `npm package "${name}" has no version ${wanted || 'latest'}` };
  const { bin, engines, mcpName, deprecated, dist, repository } = entry;
  const source = typeof repository === 'string' ? repository : repository?.url;
  const bins = typeof bin === 'string' ? [name.split('/').at(-1)!] : Object.keys(bin ?? {});
  if (bins.length === 0) return { kind: 'absent', reason: `npm package "${name}" has nothing to run` };
  const node = (engines as { node?: unknown } | undefined)?.node;
  const published = found.time?.[version];
  return {
    kind: 'exists',
    facts: {
      version,
      bins,
      ...(dist?.integrity !== undefined && { integrity: dist.integrity }),
      ...(typeof node === 'string' && { node }),
      ...(mcpName !== undefined && { mcpName }),
      ...(deprecated && { deprecated: typeof deprecated === 'string' ? deprecated : 'deprecated' }),
      maintainers: found.maintainers.length,
      readme: (found.readme?.length ?? 0) > 200,
      ...(published !== undefined && { publishedAt: Date.parse(published) }),
      ...(source !== undefined && { repository: source }),
    },
  };
}

type Npm = Extract<Distribution, { kind: 'npm' }>;
export const npmOf = ({ distributions }: FoundServer): Npm | undefined =>
  distributions.find((each): each is Npm => each.kind === 'npm');

/** The server as if nobody had named a version. */
export const inNewestVersion = (server: FoundServer): FoundServer => ({
  ...server,
  distributions: server.distributions.map((each) => (each.kind === 'npm' ? { ...each, version: '' } : each)),
});

const REPOSITORY = /^([\w.-]+)\/([\w.-]+?)(?:\.git)?(?:[#?/].*)?$/;
const ownerAndName = (address: string): string | undefined => {
  const [, owner, name] =
    REPOSITORY.exec(address.replace(/^(?:[a-z+]+:\/\/[^/]*\/|[\w.-]+@[^:/]+:|github:)/i, '')) ?? [];
  return owner && name && `${owner}/${name}`.toLowerCase();
};

/** Anybody's repository can name anybody's package: its stars are the package's only if that names it, too. */
function vouched({ publisher }: FoundServer, { repository = '' }: PackageFacts): Publisher | undefined {
  if (publisher?.repository === undefined) return publisher;
  const own = ownerAndName(publisher.repository);
  return own !== undefined && own === ownerAndName(repository) ? publisher : undefined;
}

/** The server with the version pinned and the registry's facts in it. `isOurs`: the catalog says who made it. */
export function withFacts(server: FoundServer, facts: PackageFacts, isOurs: boolean): FoundServer {
  const scope = npmOf(server)?.package.match(/^(@[^/]+)\//)?.[1];
  const publisher: Publisher = {
    ...((isOurs ? server.publisher : vouched(server, facts)) ?? { name: scope ?? server.name }),
    // The scope of the package is proven by npm; what else calls itself a publisher is only a claim.
    ...(scope !== undefined && { namespace: scope }),
    readme: (isOurs ? server.publisher?.readme : undefined) ?? facts.readme,
    ...(facts.publishedAt !== undefined && { publishedAt: facts.publishedAt }),
  };
  if (scope === undefined) delete (publisher as { namespace?: string }).namespace;
  return {
    ...server,
    publisher,
    distributions: server.distributions.map((each) =>
      each.kind === 'npm'
        ? {
            ...each,
            version: facts.version,
            ...(facts.integrity !== undefined && { integrity: facts.integrity }),
            ...(facts.node !== undefined && { node: facts.node }),
            ...(each.bin === undefined && facts.bins.length === 1 && { bin: facts.bins[0]! }),
          }
        : each,
    ),
  };
}
