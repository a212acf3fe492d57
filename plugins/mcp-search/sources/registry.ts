import { z } from 'zod';
import type { Distribution, FoundServer, SearchSource, ServerQuery } from '../api.ts';
import type { McpSearchConfig } from '../config.ts';
import { getJson } from '../http-json.ts';
import { mainWords } from '../query-words.ts';
import { RateLimit } from '../rate-limit.ts';

/** Input of a server.json, schema 2025-12-11; unknown members are passed over. */
const input = z.looseObject({
  value: z.string().optional(),
  default: z.string().optional(),
  description: z.string().optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
});
const argument = input.extend({ type: z.string(), name: z.string().optional(), valueHint: z.string().optional() });
const variable = input.extend({ name: z.string() });
const serverJson = z.looseObject({
  name: z.string().max(200),
  title: z.string().max(200).optional(),
  description: z.string().max(4_000).default(''),
  version: z.string(),
  repository: z.looseObject({ url: z.string().optional(), source: z.string().optional() }).optional(),
  websiteUrl: z.string().optional(),
  packages: z
    .array(
      z.looseObject({
        registryType: z.string(),
        identifier: z.string(),
        version: z.string().optional(),
        transport: z.looseObject({ type: z.string() }).optional(),
        packageArguments: z.array(argument).default([]),
        environmentVariables: z.array(variable).default([]),
      }),
    )
    .default([]),
  remotes: z
    .array(z.looseObject({ type: z.string(), url: z.string(), headers: z.array(variable).default([]) }))
    .default([]),
});
type ServerJson = z.output<typeof serverJson>;
const page = z.looseObject({
  servers: z.array(z.looseObject({ server: z.unknown(), _meta: z.record(z.string(), z.unknown()).optional() })),
  metadata: z.looseObject({ nextCursor: z.string().nullish() }).optional(),
});
const OFFICIAL = 'io.modelcontextprotocol.registry/official';

/**
 * The official registry, API v0.1. It looks for one text inside names and descriptions, so each of the query's main
 * words is asked for on its own.
 */
export class RegistrySource implements SearchSource {
  readonly #config: McpSearchConfig;
  readonly #limit = new RateLimit();

  constructor(config: McpSearchConfig) {
    this.#config = config;
  }

  limit() {
    return this.#limit.known;
  }

  async search(query: ServerQuery, signal: AbortSignal): Promise<readonly FoundServer[]> {
    const found = new Map<string, FoundServer>();
    const lists = await Promise.all(mainWords(query, 4).map((word) => this.#ask(word, signal)));
    for (const server of lists.flat()) found.set(server.id, server);
    return [...found.values()];
  }

  async #ask(word: string, signal: AbortSignal): Promise<readonly FoundServer[]> {
    const found: FoundServer[] = [];
    let cursor: string | undefined;
    for (let n = 0; n < this.#config.registry.pages; n++) {
      const url = new URL('v0.1/servers', `${this.#config.registry.url.replace(/\/+$/, '')}/`);
      url.searchParams.set('search', word);
      url.searchParams.set('limit', '100');
      url.searchParams.set('version', 'latest');
      if (cursor !== undefined) url.searchParams.set('cursor', cursor);
      try {
        this.#limit.check();
        const { body, headers } = await getJson({ url: url.href, signal, maxBytes: this.#config.answerBytes });
        this.#limit.read(headers);
        const { servers, metadata } = page.parse(body);
        for (const { server, _meta } of servers) {
          const status = (_meta?.[OFFICIAL] as { status?: string } | undefined)?.status ?? 'active';
          const parsed = serverJson.safeParse(server);
          if (status === 'active' && parsed.success) found.push(...foundServers(parsed.data));
        }
        cursor = metadata?.nextCursor ?? undefined;
      } catch (error) {
        this.#limit.note(error);
        throw error;
      }
      if (!cursor) break;
    }
    return found;
  }
}

/** One server.json may offer several packages; the first that has an identity names it. */
function foundServers(server: ServerJson): FoundServer[] {
  const secrets: { name: string; description?: string; required: boolean }[] = [];
  const distributions: Distribution[] = [];
  for (const each of server.packages) {
    const env: Record<string, string> = {};
    for (const { name, value, default: fallback, isSecret, isRequired, description } of each.environmentVariables) {
      const fixed = value ?? fallback;
      if (isSecret || (fixed === undefined && isRequired)) {
        secrets.push({ name, required: isRequired === true, ...(description !== undefined && { description }) });
        env[name] = `{secret:${name}}`;
      } else if (fixed !== undefined) env[name] = fixed;
    }
    const args = each.packageArguments.flatMap((one) => argv(one));
    const { registryType, identifier, version = '' } = each;
    if (each.transport !== undefined && each.transport.type !== 'stdio') continue;
    if (registryType === 'npm') distributions.push({ kind: 'npm', package: identifier, version, args, env });
    if (registryType === 'oci') distributions.push({ kind: 'oci', image: identifier, args, env });
    if (registryType === 'pypi') distributions.push({ kind: 'pypi', package: identifier, version, args });
  }
  for (const { type, url, headers } of server.remotes) {
    if (url.includes('{') || (type !== 'streamable-http' && type !== 'sse')) continue;
    const given: Record<string, string> = {};
    for (const { name, value, isSecret, isRequired } of headers) {
      if (value !== undefined && !value.includes('{')) given[name] = value;
      else if (isSecret || isRequired) {
        const secret = name.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
        secrets.push({ name: secret, required: isRequired === true });
        given[name] = `{secret:${secret}}`;
      }
    }
    distributions.push({ kind: 'remote', url, transport: type === 'sse' ? 'sse' : 'http', headers: given });
  }
  const [first] = distributions;
  if (first === undefined) return [];
  const [namespace, short = server.name] = server.name.split('/', 2) as [string, string?];
  const repository = server.repository?.url;
  return [
    {
      id: identityOf(first),
      name: short,
      ...(server.title !== undefined && { title: server.title }),
      description: server.description,
      capabilities: [],
      tools: [],
      distributions,
      publisher: { name: namespace, namespace, ...(repository !== undefined && { repository }) },
      ...(server.websiteUrl !== undefined && { homepage: server.websiteUrl }),
      needs: { secrets, network: true, backing: [] },
    },
  ];
}

/** Arguments without a value that somebody must fill in are left out; a required one makes the server unusable as it is. */
function argv({ type, name, value, default: fallback }: z.output<typeof argument>): string[] {
  const given = value ?? fallback;
  if (type === 'named' && name !== undefined) return given === undefined ? [] : [name, given];
  return given === undefined ? [] : [given];
}

export function identityOf(distribution: Distribution): string {
  if (distribution.kind === 'npm') return `npm:${distribution.package}`;
  if (distribution.kind === 'pypi') return `pypi:${distribution.package}`;
  if (distribution.kind === 'oci') return `oci:${distribution.image}`;
  return `remote:${distribution.url}`;
}
