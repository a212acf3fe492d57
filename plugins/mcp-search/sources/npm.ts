import { z } from 'zod';
import type { FoundServer, SearchSource, ServerQuery } from '../api.ts';
import type { McpSearchConfig } from '../config.ts';
import { getJson } from '../http-json.ts';
import type { NpmAddress } from '../npm-address.ts';
import { mainWords } from '../query-words.ts';
import { RateLimit } from '../rate-limit.ts';

/** Registries differ in what they tell of a package: only its name is sure. */
const answer = z.looseObject({
  objects: z.array(
    z.looseObject({
      package: z.looseObject({
        name: z.string(),
        version: z.string().optional(),
        description: z.string().optional(),
        keywords: z.array(z.string()).optional(),
        publisher: z.looseObject({ username: z.string().optional() }).optional(),
        links: z.looseObject({ repository: z.string().optional(), homepage: z.string().optional() }).optional(),
      }),
    }),
  ),
});

/** The search of the npm registry; what does not call itself an MCP server is left out. */
export class NpmSource implements SearchSource {
  readonly #config: McpSearchConfig;
  readonly #address: NpmAddress;
  readonly #limit = new RateLimit();

  constructor(config: McpSearchConfig, address: NpmAddress) {
    this.#config = config;
    this.#address = address;
  }

  limit() {
    return this.#limit.known;
  }

  async search(query: ServerQuery, signal: AbortSignal): Promise<readonly FoundServer[]> {
    const url = new URL('-/v1/search', await this.#address.get());
    url.searchParams.set('text', ['mcp', ...mainWords(query, 4)].join(' '));
    url.searchParams.set('size', '40');
    try {
      this.#limit.check();
      const { body, headers } = await getJson({ url: url.href, signal, maxBytes: this.#config.answerBytes });
      this.#limit.read(headers);
      return answer
        .parse(body)
        .objects.map(({ package: found }) => found)
        .filter(({ name, description = '', keywords = [] }) =>
          /\bmcp\b|model.?context.?protocol/i.test([name.replace(/[-_/]/g, ' '), description, ...keywords].join(' ')),
        )
        .map(({ name, version = '', description = '', keywords = [], publisher, links }) => ({
          id: `npm:${name}`,
          name: shortName(name),
          description,
          capabilities: [],
          keywords,
          tools: [],
          distributions: [{ kind: 'npm' as const, package: name, version, args: [], env: {} }],
          publisher: {
            name: publisher?.username ?? scopeOf(name) ?? name,
            ...(scopeOf(name) !== undefined && { namespace: scopeOf(name)! }),
            ...(links?.repository !== undefined && { repository: links.repository }),
          },
          ...(links?.homepage !== undefined && { homepage: links.homepage }),
          needs: { secrets: [], network: true, backing: [] },
        }));
    } catch (error) {
      this.#limit.note(error);
      throw error;
    }
  }
}

const scopeOf = (name: string): string | undefined => (name.startsWith('@') ? name.split('/', 1)[0] : undefined);

/** `@modelcontextprotocol/server-memory` -> `memory`; `mcp-sqlite-tools` stays what it is. */
export const shortName = (name: string): string =>
  name.replace(/^@[^/]+\//, '').replace(/^(?:mcp-)?server-|-mcp(?:-server)?$/g, '') || name;
