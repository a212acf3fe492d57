import { isFault, type Log } from '#kernel';
import type { Conversation, Hello, RpcNotification, ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import { Changes } from './changes.ts';
import type { Client, Exchange } from './exchange.ts';
import { rpcError } from './failure.ts';
import { type Mount, modernResult } from './mount.ts';
import { type OfferingKind, Offerings } from './offerings.ts';
import type { ResourceWatch } from './resource-watch.ts';
import { CACHEABLE } from './server-mount.ts';
import { listen } from './subscriptions.ts';
import type { ToolList } from './tool-list.ts';
import {
  INVALID_PARAMS,
  isObject,
  META_CAPABILITIES,
  META_LOG_LEVEL,
  METHOD_NOT_FOUND,
  MODERN_VERSIONS,
  type Params,
} from './wire.ts';

export interface Identity {
  readonly name: string;
  readonly version: string;
  readonly instructions: string;
}

/** All servers as one: tools and prompts are called `server__name`, resources keep their URIs. */
export class AllMount implements Mount {
  readonly #registry: ToolRegistry;
  readonly #dispatcher: ToolDispatcher;
  readonly #list: ToolList;
  readonly #offerings: Offerings;
  readonly #resources: ResourceWatch;
  readonly #identity: Identity;
  readonly #cacheMs: number;
  readonly #changes = new Changes();
  readonly #log: Log;

  constructor(
    registry: ToolRegistry,
    dispatcher: ToolDispatcher,
    list: ToolList,
    resources: ResourceWatch,
    identity: Identity,
    cacheMs: number,
    log: Log,
  ) {
    this.#registry = registry;
    this.#dispatcher = dispatcher;
    this.#list = list;
    this.#resources = resources;
    this.#offerings = new Offerings(registry, dispatcher);
    this.#identity = identity;
    this.#cacheMs = cacheMs;
    this.#log = log;
  }

  /** Hears the registry and the servers; the undo stops it. */
  watch(): () => void {
    return this.#changes.watch(this.#registry, this.#dispatcher, this.#offerings);
  }

  async hello(client: Client): Promise<Omit<Hello, 'protocolVersion'>> {
    const { name, version, instructions } = this.#identity;
    return {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        completions: {},
        ...(client.era === 'legacy' && { logging: {} }),
      },
      serverInfo: { name, version },
      ...(instructions !== '' && { instructions }),
      ...(client.era === 'modern' && { supportedVersions: MODERN_VERSIONS }),
    };
  }

  request(exchange: Exchange): Promise<string> {
    return exchange.method === 'tools/call' ? this.#call(exchange) : this.#other(exchange);
  }

  async #other(exchange: Exchange): Promise<string> {
    if (exchange.method === 'subscriptions/listen' && exchange.client.era === 'modern') return this.#listen(exchange);
    const text = await this.#answer(exchange);
    if (exchange.client.era === 'legacy') return text;
    const cache = CACHEABLE.has(exchange.method) ? { ttlMs: this.#cacheMs } : undefined;
    return modernResult(text, JSON.parse(text), cache);
  }

  async #call(exchange: Exchange): Promise<string> {
    const { client, params, signal } = exchange;
    const tool = this.#tool(params.name);
    const modern = client.era === 'modern';
    const extra = modern ? continuation(params) : undefined;
    const { text, result } = await this.#dispatcher.call(tool, isObject(params.arguments) ? params.arguments : {}, {
      caller: { ...client.caller, peer: exchange },
      signal,
      ...(modern && { passInputs: true }),
      ...(extra !== undefined && { extra }),
      ...metaOfCall(client, params._meta),
    });
    return modern ? modernResult(text, result) : text;
  }

  #tool(name: unknown): Tool {
    if (typeof name !== 'string') throw rpcError(INVALID_PARAMS, 'params.name must be a string');
    return this.#registry.snapshot.byMcpName.get(name) ?? this.#registry.resolve(name);
  }

  async #answer(exchange: Exchange): Promise<string> {
    const { method, params, client } = exchange;
    switch (method) {
      case 'tools/list':
        return this.#list.page(this.#registry.snapshot, params.cursor);
      case 'prompts/list':
        return this.#offered('prompts', exchange, ({ server, item }) => ({
          ...item,
          name: promptName(server, item.name),
        }));
      case 'resources/list':
        return this.#offered('resources', exchange, ({ item }) => item);
      case 'resources/templates/list':
        return this.#offered('resourceTemplates', exchange, ({ item }) => item);
      case 'prompts/get': {
        const { server, item } = await this.#prompt(params.name, exchange);
        return this.#forward(server, exchange, { ...params, name: item.name });
      }
      case 'resources/subscribe':
        if (client.era === 'legacy') return this.#watch(exchange, client);
        break;
      case 'resources/unsubscribe':
        if (client.era === 'legacy') return this.#unwatch(exchange);
        break;
      case 'resources/read':
        return this.#forward(await this.#resourceOwner(params.uri, exchange), exchange, params);
      case 'completion/complete':
        return this.#complete(exchange);
      case 'logging/setLevel':
        if (client.era === 'legacy') return this.#setLevel(exchange);
    }
    throw rpcError(METHOD_NOT_FOUND, `Method not found: ${method}`);
  }

  async #offered(
    kind: OfferingKind,
    { client }: Exchange,
    shape: (offering: { server: string; item: Params }) => Params,
  ): Promise<string> {
    const seen = new Set<unknown>();
    const items: Params[] = [];
    for (const offering of await this.#offerings.list(kind, client.caller)) {
      const item = shape(offering);
      const identity = item.uri ?? item.uriTemplate ?? item.name;
      // Two servers may offer the same URI: the first one in the order of ids serves it.
      if (!seen.has(identity)) items.push(item);
      seen.add(identity);
    }
    return JSON.stringify({ [kind]: items });
  }

  async #prompt(name: unknown, { client }: Exchange): Promise<{ server: string; item: Params }> {
    const prompts = await this.#offerings.list('prompts', client.caller);
    const found = prompts.find(({ server, item }) => promptName(server, item.name) === name);
    if (found === undefined) throw rpcError(INVALID_PARAMS, `Unknown prompt: ${String(name)}`);
    return found;
  }

  async #resourceOwner(uri: unknown, { client }: Exchange): Promise<string> {
    const owner = typeof uri === 'string' ? await this.#offerings.ownerOf(uri, client.caller) : undefined;
    if (owner === undefined) {
      const code = client.era === 'modern' ? INVALID_PARAMS : RESOURCE_NOT_FOUND;
      throw rpcError(code, `Resource not found: ${String(uri)}`, { uri });
    }
    return owner;
  }

  /** Asks the owner of the exchange's URI for its changes, for as long as the holder wants them. */
  async #watch(exchange: Exchange, holder: object, uri: unknown = exchange.params.uri): Promise<string> {
    const owner = await this.#resourceOwner(uri, exchange);
    await this.#resources.hold(owner, String(uri), exchange.client.caller, holder);
    return '{}';
  }

  async #unwatch(exchange: Exchange): Promise<string> {
    const { client, params } = exchange;
    this.#resources.release(await this.#resourceOwner(params.uri, exchange), String(params.uri), client.caller, client);
    return '{}';
  }

  async #listen(exchange: Exchange): Promise<string> {
    try {
      return await listen(exchange, this, (uri) => this.#watch(exchange, exchange, uri));
    } finally {
      this.#resources.releaseAll(exchange);
    }
  }

  left(client: Client): void {
    this.#resources.releaseAll(client);
  }

  async #complete(exchange: Exchange): Promise<string> {
    const ref = exchange.params.ref;
    if (!isObject(ref)) throw rpcError(INVALID_PARAMS, 'params.ref must be an object');
    if (ref.type === 'ref/prompt') {
      const { server, item } = await this.#prompt(ref.name, exchange);
      return this.#forward(server, exchange, { ...exchange.params, ref: { ...ref, name: item.name } });
    }
    return this.#forward(await this.#resourceOwner(ref.uri, exchange), exchange, exchange.params);
  }

  async #setLevel(exchange: Exchange): Promise<string> {
    const each = this.#offerings.servers().map(async (server) => {
      const conversation = await this.#conversation(server, exchange);
      if (isObject(conversation.hello.capabilities.logging))
        await conversation.request('logging/setLevel', exchange.params, { timeoutMs: 5_000 });
    });
    const failed = (await Promise.allSettled(each)).filter((outcome) => outcome.status === 'rejected');
    if (failed.length > 0) this.#log.debug('Some servers did not take the log level.', { servers: failed.length });
    return '{}';
  }

  async #forward(server: string, exchange: Exchange, params: Params): Promise<string> {
    const conversation = await this.#conversation(server, exchange);
    const { client, method, signal } = exchange;
    const options = { peer: exchange, signal, passInputs: client.era === 'modern' };
    return (await conversation.request(method, params, options)).text;
  }

  #conversation(server: string, { client }: Exchange): Promise<Conversation> {
    return this.#dispatcher.open(server, { caller: client.caller });
  }

  notify(client: Client, notification: RpcNotification): void {
    if (notification.method !== 'notifications/roots/list_changed') return;
    for (const server of this.#offerings.servers()) {
      void this.#dispatcher.open(server, { caller: client.caller }).then(
        (conversation) => conversation.notify(notification.method, notification.params),
        (error) =>
          this.#log.debug('A notification did not reach its server.', { server, code: isFault(error) && error.code }),
      );
    }
  }

  subscribe(listener: (notification: RpcNotification) => void): () => void {
    return this.#changes.subscribe(listener);
  }
}

/** A server of the modern era is told with each call what a legacy client said once; one of the legacy era is not. */
function metaOfCall(client: Client, given: unknown): { readonly meta?: Params } {
  const meta = isObject(given) ? given : undefined;
  if (client.era === 'modern') return meta === undefined ? {} : { meta };
  const level = client.logLevel === undefined ? {} : { [META_LOG_LEVEL]: client.logLevel };
  return { meta: { ...meta, [META_CAPABILITIES]: client.capabilities, ...level } };
}

/** A modern client that comes back with input sends it beside the arguments. */
function continuation({ inputResponses, requestState }: Params): Params | undefined {
  if (inputResponses === undefined && requestState === undefined) return undefined;
  return {
    ...(inputResponses !== undefined && { inputResponses }),
    ...(requestState !== undefined && { requestState }),
  };
}

const RESOURCE_NOT_FOUND = -32002;
const promptName = (server: string, name: unknown): string => `${server}__${String(name)}`;
