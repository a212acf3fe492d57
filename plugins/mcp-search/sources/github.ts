import { z } from 'zod';
import { isFault } from '#kernel';
import type { CacheSpace } from '#plugins/cache/api';
import type { FoundServer, SearchSource, ServerQuery } from '../api.ts';
import type { McpSearchConfig } from '../config.ts';
import { getJson } from '../http-json.ts';
import { mainWords } from '../query-words.ts';
import { RateLimit } from '../rate-limit.ts';

const answer = z.object({
  items: z.array(
    z.object({
      full_name: z.string(),
      html_url: z.string(),
      name: z.string().optional(),
      description: z.string().nullish(),
      topics: z.array(z.string()).default([]),
      stargazers_count: z.number().default(0),
      archived: z.boolean().default(false),
      disabled: z.boolean().default(false),
      homepage: z.string().nullish(),
      license: z.object({ spdx_id: z.string().nullish() }).nullish(),
      pushed_at: z.string().nullish(),
      default_branch: z.string().default('main'),
      owner: z.object({ login: z.string() }),
    }),
  ),
});
const packageFile = z.object({ content: z.string() });
const manifest = z.looseObject({ name: z.string(), bin: z.unknown().optional(), private: z.boolean().optional() });

/** Repositories that are read for the name of their package. */
const LOOKED_INTO = 5;

/** GitHub's repository search; the package's name comes from the repository's package.json. */
export class GitHubSource implements SearchSource {
  readonly #config: McpSearchConfig;
  readonly #space: CacheSpace<unknown> | undefined;
  readonly #limit = new RateLimit();

  /** What the API answered is kept in `space`, and given again while GitHub is down or allows no more. */
  constructor(config: McpSearchConfig, space: CacheSpace<unknown> | undefined) {
    this.#config = config;
    this.#space = space;
  }

  limit() {
    return this.#limit.known;
  }

  async search(query: ServerQuery, signal: AbortSignal): Promise<readonly FoundServer[]> {
    const words = mainWords(query, 3).join(' ');
    const parameters = { q: `${words} mcp topic:mcp-server`, sort: 'stars', order: 'desc', per_page: '20' };
    const found = await this.#get(`/search/repositories?${new URLSearchParams(parameters)}`, answer, signal);
    const items = found?.items ?? [];
    const usable = items.filter(({ archived, disabled }) => !archived && !disabled).slice(0, LOOKED_INTO);
    const servers = await Promise.all(usable.map((item) => this.#server(item, signal)));
    return servers.filter((each) => each !== undefined);
  }

  async #server(item: z.output<typeof answer>['items'][number], signal: AbortSignal): Promise<FoundServer | undefined> {
    const name = await this.#packageOf(item.full_name, signal);
    if (name === undefined) return undefined;
    const [, short = item.full_name] = item.full_name.split('/');
    return {
      id: `npm:${name}`,
      name: short,
      description: item.description ?? '',
      capabilities: item.topics.filter((topic) => !/^(mcp|model-context-protocol)/.test(topic)),
      tools: [],
      distributions: [{ kind: 'npm', package: name, version: '', args: [], env: {} }],
      publisher: {
        name: item.owner.login,
        namespace: item.owner.login,
        repository: item.html_url,
        stars: item.stargazers_count,
        ...(item.pushed_at && { publishedAt: Date.parse(item.pushed_at) }),
      },
      ...(item.license?.spdx_id && { license: item.license.spdx_id }),
      homepage: item.html_url,
      needs: { secrets: [], network: true, backing: [] },
    };
  }

  /** Undefined: it is no npm package, or cannot be read. */
  async #packageOf(repository: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const file = await this.#get(`/repos/${repository}/contents/package.json`, packageFile, signal);
      if (file === undefined) return undefined;
      const {
        name,
        bin,
        private: hidden,
      } = manifest.parse(JSON.parse(Buffer.from(file.content, 'base64').toString('utf8')));
      return hidden || bin === undefined ? undefined : name;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  /** Undefined: there is no such thing, which is kept too. */
  async #get<T>(path: string, shape: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> {
    const address = `${this.#config.github.url.replace(/\/+$/, '')}${path}`;
    if (this.#space === undefined) return (await this.#fetch(address, shape, signal)) ?? undefined;
    const { value } = await this.#space.through(
      address,
      async (given) => ({ value: await this.#fetch(address, shape, given) }),
      { signal },
    );
    return value === null ? undefined : shape.parse(value);
  }

  async #fetch<T>(address: string, shape: z.ZodType<T>, signal: AbortSignal): Promise<T | null> {
    const { token } = this.#config.github;
    try {
      this.#limit.check();
      const { body, headers } = await getJson({
        url: address,
        headers: {
          accept: 'application/vnd.github+json',
          'x-github-api-version': '2022-11-28',
          'user-agent': 'datapresso',
          ...(token !== '' && { authorization: `Bearer ${token}` }),
        },
        signal,
        maxBytes: this.#config.answerBytes,
      });
      this.#limit.read(headers);
      return shape.parse(body);
    } catch (error) {
      if (isFault(error) && error.code === 'SOURCE_NOT_FOUND') return null;
      this.#limit.note(error);
      throw error;
    }
  }
}
