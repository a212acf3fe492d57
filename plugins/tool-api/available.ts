import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RouteAnswer } from '#plugins/http/api';
import type { Snapshot, Tool, ToolRegistry } from '#plugins/tool-registry/api';

export const availableQuery = z.object({
  format: z
    .enum(['llm', 'json', 'openai', 'anthropic'])
    .default('json')
    .describe('llm: text for a prompt; openai, anthropic: their tool arrays'),
  toolkit: z.string().min(1).optional().describe('only tools of this toolkit'),
  server: z.string().min(1).optional().describe('only tools of this server, in any spelling of its name'),
  text: z
    .enum(['true', 'false'])
    .default('true')
    .describe('json: false leaves formatted_tools_description out, for programs that read the records'),
});
export type AvailableQuery = z.output<typeof availableQuery>;

const KEPT = 32;

/** Lists of tools, each made once for a version of the registry and answered with 304 to those who have it. */
export class Available {
  readonly #registry: ToolRegistry;
  /** Versions begin again with the process; a tag must not. */
  readonly #process = randomUUID().slice(0, 8);
  readonly #bodies = new Map<string, string>();
  #version = -1;

  constructor(registry: ToolRegistry) {
    this.#registry = registry;
  }

  answer(query: AvailableQuery, ifNoneMatch: string | undefined): RouteAnswer {
    const { snapshot } = this.#registry;
    const server = query.server === undefined ? undefined : this.#registry.server(query.server).id;
    const bare = query.format === 'json' && query.text === 'false';
    const filter = JSON.stringify([server ?? null, query.toolkit ?? null, ...(bare ? ['bare'] : [])]);
    const etag = `"${this.#process}-${snapshot.version}-${query.format}-${short(filter)}"`;
    const headers = {
      etag,
      'cache-control': 'no-cache',
      'content-type': query.format === 'llm' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    };
    if (matches(ifNoneMatch, etag)) return { status: 304, headers };
    if (this.#version !== snapshot.version) {
      this.#version = snapshot.version;
      this.#bodies.clear();
    }
    const key = `${query.format} ${filter}`;
    let body = this.#bodies.get(key);
    if (body === undefined) {
      body = this.#make(query.format, bare, snapshot, server, query.toolkit);
      if (this.#bodies.size < KEPT) this.#bodies.set(key, body);
    }
    return { headers, body };
  }

  #make(
    format: AvailableQuery['format'],
    bare: boolean,
    snapshot: Snapshot,
    server?: string,
    toolkit?: string,
  ): string {
    const registry = this.#registry;
    if (server === undefined && toolkit === undefined) {
      if (format !== 'json') return registry.describe(format);
      const text = bare ? undefined : registry.describe('llm');
      return listing(registry.describe('json'), text, snapshot.version, snapshot.tools.size);
    }
    const chosen = new Map<string, Tool>();
    for (const tool of snapshot.tools.values())
      if ((server === undefined || tool.server === server) && (toolkit === undefined || tool.toolkit === toolkit))
        chosen.set(tool.id, tool);
    if (format === 'llm') return plain(chosen.values());
    // The registry's order is that of the snapshot, in every format.
    const all = JSON.parse(registry.describe(format)) as unknown[];
    const ids = [...snapshot.tools.keys()];
    const records = JSON.stringify(all.filter((_, at) => chosen.has(ids[at]!)));
    if (format !== 'json') return records;
    return listing(records, bare ? undefined : plain(chosen.values()), snapshot.version, chosen.size);
  }
}

function listing(records: string, text: string | undefined, version: number, total: number): string {
  const formatted = text === undefined ? '' : `"formatted_tools_description":${JSON.stringify(text)},`;
  return `{"tools":${records},${formatted}"version":${version},"total":${total}}`;
}

/** The short form for a part of the tools. */
function plain(tools: Iterable<Tool>): string {
  const lines = [...tools].map((tool) => {
    const about = (tool.description ?? tool.definition.description ?? '').replace(/\s+/g, ' ').trim().slice(0, 600);
    return `### ${tool.id}\n  ${about}\n  Parameters: ${JSON.stringify(tool.definition.inputSchema)}`;
  });
  return lines.length === 0 ? 'No tools are available.\n' : `${lines.join('\n\n')}\n`;
}

const short = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 8);

/** RFC 9110: a list of tags, weak or not, or `*`. */
const matches = (header: string | undefined, etag: string): boolean =>
  header?.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag) ?? false;
