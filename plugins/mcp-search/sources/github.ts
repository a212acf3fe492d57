import { z } from 'zod';
import type { FoundServer, SearchSource, ServerQuery } from '../api.ts';
import type { McpSearchConfig } from '../config.ts';
import { getJson } from '../http-json.ts';
import { mainWords } from '../query-words.ts';
import { RateLimit } from '../rate-limit.ts';

const answer = z.looseObject({
  items: z.array(
    z.looseObject({
      full_name: z.string(),
      html_url: z.string(),
      name: z.string().optional(),
      description: z.string().nullish(),
      topics: z.array(z.string()).default([]),
      stargazers_count: z.number().default(0),
      archived: z.boolean().default(false),
      disabled: z.boolean().default(false),
      homepage: z.string().nullish(),
      license: z.looseObject({ spdx_id: z.string().nullish() }).nullish(),
      pushed_at: z.string().nullish(),
      default_branch: z.string().default('main'),
      owner: z.looseObject({ login: z.string() }),
    }),
  ),
});
const manifest = z.looseObject({ name: z.string(), bin: z.unknown().optional(), private: z.boolean().optional() });

/** Repositories that are read for the name of their package. */
const LOOKED_INTO = 5;

/** GitHub's repository search; the package's name comes from the repository's package.json. */
export class GitHubSource implements SearchSource {
  readonly #config: McpSearchConfig;
  readonly #limit = new RateLimit();

  constructor(config: McpSearchConfig) {
    this.#config = config;
  }

  limit() {
    return this.#limit.known;
  }

  async search(query: ServerQuery, signal: AbortSignal): Promise<readonly FoundServer[]> {
    const words = mainWords(query, 3).join(' ');
    const { items } = answer.parse(
      await this.#get(
        `/search/repositories?${new URLSearchParams({
          q: `${words} mcp topic:mcp-server`,
          sort: 'stars',
          order: 'desc',
          per_page: '20',
        })}`,
        signal,
      ),
    );
    const usable = items.filter(({ archived, disabled }) => !archived && !disabled).slice(0, LOOKED_INTO);
    const found = await Promise.all(usable.map((item) => this.#server(item, signal)));
    return found.filter((each) => each !== undefined);
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
      const file = await this.#get(`/repos/${repository}/contents/package.json`, signal);
      const { content } = z.looseObject({ content: z.string() }).parse(file);
      const {
        name,
        bin,
        private: hidden,
      } = manifest.parse(JSON.parse(Buffer.from(content, 'base64').toString('utf8')));
      return hidden || bin === undefined ? undefined : name;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    const { url, token } = this.#config.github;
    try {
      const { body, headers } = await getJson({
        url: `${url.replace(/\/+$/, '')}${path}`,
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
      return body;
    } catch (error) {
      this.#limit.note(error);
      throw error;
    }
  }
}
