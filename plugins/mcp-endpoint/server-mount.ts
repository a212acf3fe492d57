import type { Conversation, Hello, RpcNotification, ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { Client, Exchange } from './exchange.ts';
import { rpcError } from './failure.ts';
import { type Mount, modernResult } from './mount.ts';
import type { ResourceWatch } from './resource-watch.ts';
import { listen } from './subscriptions.ts';
import {
  isObject,
  META_CAPABILITIES,
  META_LOG_LEVEL,
  META_SUBSCRIPTION,
  METHOD_NOT_FOUND,
  MODERN_VERSIONS,
  type Params,
} from './wire.ts';

/** Requests that the modern era defines; a server of the legacy era is asked for no others in its name. */
export const MODERN_METHODS = new Set([
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'completion/complete',
]);
export const CACHEABLE = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/**
 * One server as it is, under its own names. Client and server speak the same era where the server can; where it
 * cannot, questions and results are carried over between the eras, and nothing else changes.
 */
export class ServerMount implements Mount {
  readonly #server: string;
  readonly #dispatcher: ToolDispatcher;
  readonly #resources: ResourceWatch;
  readonly #cacheMs: number;

  constructor(server: string, dispatcher: ToolDispatcher, resources: ResourceWatch, cacheMs: number) {
    this.#server = server;
    this.#dispatcher = dispatcher;
    this.#resources = resources;
    this.#cacheMs = cacheMs;
  }

  async #open(client: Client): Promise<Conversation> {
    const eras = await this.#dispatcher.eras(this.#server);
    const era = eras.includes(client.era) ? client.era : eras[0];
    return this.#dispatcher.open(this.#server, { ...(era !== undefined && { era }), caller: client.caller });
  }

  async hello(client: Client): Promise<Omit<Hello, 'protocolVersion'>> {
    const { era, hello } = await this.#open(client);
    const { protocolVersion: _own, ...rest } = hello;
    if (client.era === era) return rest;
    return client.era === 'modern' ? { ...rest, supportedVersions: MODERN_VERSIONS } : legacyHello(rest);
  }

  async request(exchange: Exchange): Promise<string> {
    const { client, method, params } = exchange;
    if (client.era === 'legacy' && method === 'resources/subscribe') {
      await this.#resources.hold(this.#server, String(params.uri), client.caller, client);
      return '{}';
    }
    if (client.era === 'legacy' && method === 'resources/unsubscribe') {
      this.#resources.release(this.#server, String(params.uri), client.caller, client);
      return '{}';
    }
    const conversation = await this.#open(client);
    const options = { peer: exchange, signal: exchange.signal, passInputs: client.era === 'modern' };
    if (client.era === conversation.era) {
      if (method === 'subscriptions/listen') return listenThrough(conversation, exchange);
      return (await conversation.request(method, params, options)).text;
    }
    if (client.era === 'modern') {
      if (method === 'subscriptions/listen') return this.#listen(exchange);
      if (!MODERN_METHODS.has(method)) throw rpcError(METHOD_NOT_FOUND, `Method not found: ${method}`);
      const { text, result } = await conversation.request(method, withoutEnvelope(params), options);
      return modernResult(text, result, CACHEABLE.has(method) ? { ttlMs: this.#cacheMs } : undefined);
    }
    // The modern era has no such request: the level goes along with each call.
    if (method === 'logging/setLevel') return '{}';
    const level = client.logLevel === undefined ? {} : { [META_LOG_LEVEL]: client.logLevel };
    const enveloped = { ...params, _meta: { ...metaOf(params), [META_CAPABILITIES]: client.capabilities, ...level } };
    return (await conversation.request(method, enveloped, options)).text;
  }

  async #listen(exchange: Exchange): Promise<string> {
    try {
      return await listen(exchange, this, (uri) =>
        this.#resources.hold(this.#server, uri, exchange.client.caller, exchange),
      );
    } finally {
      this.#resources.releaseAll(exchange);
    }
  }

  left(client: Client): void {
    this.#resources.releaseAll(client);
  }

  notify(client: Client, notification: RpcNotification): void {
    void this.#open(client).then(
      (conversation) => conversation.notify(notification.method, notification.params),
      () => undefined,
    );
  }

  subscribe(listener: (notification: RpcNotification) => void): () => void {
    return this.#dispatcher.onNotification((server, notification) => {
      if (server === this.#server) listener(notification);
    });
  }
}

const metaOf = (params: Params): Params => (isObject(params._meta) ? params._meta : {});

/** What a modern client says about itself in each request means nothing to a legacy server. */
function withoutEnvelope(params: Params): Params {
  const kept = Object.entries(metaOf(params)).filter(([key]) => !key.startsWith('io.modelcontextprotocol/'));
  const { _meta, ...rest } = params;
  return kept.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(kept) };
}

function legacyHello(hello: Omit<Hello, 'protocolVersion'>): Omit<Hello, 'protocolVersion'> {
  const { supportedVersions: _versions, resultType: _type, ttlMs: _ttl, cacheScope: _scope, _meta, ...rest } = hello;
  const named = isObject(_meta) ? _meta['io.modelcontextprotocol/serverInfo'] : undefined;
  const serverInfo = rest.serverInfo ?? (isObject(named) ? (named as Hello['serverInfo']) : undefined);
  return serverInfo === undefined ? rest : { ...rest, serverInfo };
}

/** A subscription of a modern client at a modern server: its notifications name the client's own request. */
async function listenThrough(conversation: Conversation, exchange: Exchange): Promise<string> {
  const relabel = (value: unknown): Params => {
    const params = isObject(value) ? value : {};
    return { ...params, _meta: { ...metaOf(params), [META_SUBSCRIPTION]: exchange.id } };
  };
  const peer = {
    notify: (notification: RpcNotification) =>
      exchange.notify({ method: notification.method, params: relabel(notification.params) }),
  };
  const { result } = await conversation.request(exchange.method, exchange.params, {
    peer,
    signal: exchange.signal,
    timeoutMs: 0,
  });
  return JSON.stringify(relabel(result));
}
