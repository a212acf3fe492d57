import type { Scope } from '#plugins/auth/api';
import type { Hello, RpcNotification } from '#plugins/tool-dispatch/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { ToolSearch } from '#plugins/tool-search/api';
import type { CapabilityTool } from './capability-tool.ts';
import type { Client, Exchange } from './exchange.ts';
import { rpcError } from './failure.ts';
import { type Mount, modernResult } from './mount.ts';
import { definitionOf } from './tool-list.ts';
import { INVALID_PARAMS, isObject, type Params } from './wire.ts';

const SEARCH = {
  name: 'search_tools',
  description:
    'Find tools by what they do. Returns the best tools with their input schemas; call one of them with call_tool. ' +
    'Search before you conclude that something cannot be done.',
  inputSchema: {
    type: 'object',
    properties: {
      query: { type: 'string', minLength: 1, description: 'What the tool should do, in a few words' },
      limit: { type: 'integer', minimum: 1, maximum: 50, default: 8, description: 'How many tools to return' },
    },
    required: ['query'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true },
};
const CALL = {
  name: 'call_tool',
  description: 'Call a tool that search_tools found, by its name, with arguments that fit its input schema.',
  inputSchema: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'The name as search_tools returned it' },
      arguments: { type: 'object', description: 'The arguments of the tool' },
    },
    required: ['name'],
    additionalProperties: false,
  },
};

/** The same plane behind two tools, or three where missing ones can be brought, for clients that cannot hold hundreds of definitions in their context. */
export class SearchMount implements Mount {
  readonly #all: Mount;
  readonly #registry: ToolRegistry;
  readonly #search: ToolSearch;
  readonly #capability: CapabilityTool | undefined;

  constructor(all: Mount, registry: ToolRegistry, search: ToolSearch, capability: CapabilityTool | undefined) {
    this.#all = all;
    this.#registry = registry;
    this.#search = search;
    this.#capability = capability;
  }

  scope(tool: unknown): Scope {
    return tool === this.#capability?.definition.name ? 'tools:write' : 'tools:call';
  }

  hello(client: Client): Promise<Omit<Hello, 'protocolVersion'>> {
    return this.#all.hello(client);
  }

  async request(exchange: Exchange): Promise<string> {
    if (exchange.method === 'tools/list') return inEra(exchange, { tools: this.#tools }, true);
    if (exchange.method !== 'tools/call') return this.#all.request(exchange);
    const { params } = exchange;
    const given = isObject(params.arguments) ? params.arguments : {};
    if (params.name === SEARCH.name) return inEra(exchange, await this.#find(given), false);
    if (this.#capability !== undefined && params.name === this.#capability.definition.name)
      return inEra(exchange, await this.#capability.call(exchange, given), false);
    if (params.name !== CALL.name) {
      const names = this.#tools.map(({ name }) => name).join(', ');
      throw rpcError(INVALID_PARAMS, `Unknown tool: ${String(params.name)}. This endpoint has ${names}.`);
    }
    if (typeof given.name !== 'string') throw rpcError(INVALID_PARAMS, 'call_tool needs arguments.name');
    exchange.params = { ...params, name: given.name, arguments: isObject(given.arguments) ? given.arguments : {} };
    return this.#all.request(exchange);
  }

  get #tools() {
    return [SEARCH, CALL, ...(this.#capability === undefined ? [] : [this.#capability.definition])];
  }

  async #find(given: Params): Promise<Params> {
    if (typeof given.query !== 'string' || given.query.trim() === '')
      return {
        content: [{ type: 'text', text: 'search_tools needs a "query" that says what the tool should do.' }],
        isError: true,
      };
    const limit = Math.min(Math.max(Number(given.limit ?? 8) || 8, 1), 50);
    const hits = await this.#search.search({ query: given.query, k: limit, kind: 'tool' });
    const found = hits.flatMap(({ tool, score }) => {
      if (tool === undefined) return [];
      const { name, description, inputSchema } = definitionOf(tool);
      return { name, description, inputSchema, server: tool.server, score: Number(score.toFixed(3)) };
    });
    const total = this.#registry.snapshot.tools.size;
    return {
      content: [{ type: 'text', text: JSON.stringify({ tools: found, total }) }],
      structuredContent: { tools: found, total },
    };
  }

  notify(client: Client, notification: RpcNotification): void {
    this.#all.notify(client, notification);
  }

  left(client: Client): void {
    this.#all.left(client);
  }

  subscribe(listener: (notification: RpcNotification) => void): () => void {
    return this.#all.subscribe(listener);
  }
}

function inEra({ client }: Exchange, result: Params, cacheable: boolean): string {
  const text = JSON.stringify(result);
  return client.era === 'modern' ? modernResult(text, result, cacheable ? { ttlMs: 60_000 } : undefined) : text;
}
