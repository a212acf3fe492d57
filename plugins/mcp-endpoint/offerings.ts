import type { Caller, Conversation, RpcNotification, ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import { isObject, type Params } from './wire.ts';

/** A prompt, resource or template of one server. */
export interface Offering {
  readonly server: string;
  readonly item: Params;
}
export type OfferingKind = 'prompts' | 'resources' | 'resourceTemplates';

const SOURCES: Readonly<Record<OfferingKind, { method: string; capability: string }>> = {
  prompts: { method: 'prompts/list', capability: 'prompts' },
  resources: { method: 'resources/list', capability: 'resources' },
  resourceTemplates: { method: 'resources/templates/list', capability: 'resources' },
};
/** A server that does not list in time is left out of the answer; its page cap ends a cursor that never does. */
const LIST_MS = 5_000;
const PAGES = 50;
/** Servers write templates; looking through a very long one would take for ever. */
const LONGEST_TEMPLATE = 2_048;

/** What the servers offer besides tools, gathered from those that are up, and kept until they say that it changed. */
export class Offerings {
  readonly #registry: ToolRegistry;
  readonly #dispatcher: ToolDispatcher;
  readonly #kept = new Map<string, Promise<readonly Params[]>>();

  constructor(registry: ToolRegistry, dispatcher: ToolDispatcher) {
    this.#registry = registry;
    this.#dispatcher = dispatcher;
  }

  /** Servers that are up and shared by all callers; function tools have no conversation. */
  servers(): string[] {
    const up: string[] = [];
    for (const { id, health, spec } of this.#registry.snapshot.servers.values()) {
      const converses = spec.launches[0]?.kind !== 'functions';
      if (health.state === 'ready' && spec.connection === 'shared' && converses) up.push(id);
    }
    return up;
  }

  async list(kind: OfferingKind, caller: Caller): Promise<Offering[]> {
    const lists = await Promise.all(
      this.servers().map(async (server) => (await this.#of(server, kind, caller)).map((item) => ({ server, item }))),
    );
    return lists.flat();
  }

  /** Who has a resource: the server that lists its URI, or whose template fits it, or undefined. */
  async ownerOf(uri: string, caller: Caller): Promise<string | undefined> {
    const listed = (await this.list('resources', caller)).find(({ item }) => item.uri === uri);
    if (listed !== undefined) return listed.server;
    const templates = await this.list('resourceTemplates', caller);
    return templates.find(({ item }) => item.uriTemplate === uri || fits(String(item.uriTemplate), uri))?.server;
  }

  forget(server: string, notification: RpcNotification): void {
    const changed = /^notifications\/(prompts|resources)\/list_changed$/.exec(notification.method)?.[1];
    if (changed === 'prompts') this.#kept.delete(`prompts ${server}`);
    if (changed === 'resources')
      for (const kind of ['resources', 'resourceTemplates']) this.#kept.delete(`${kind} ${server}`);
  }

  forgetServer(server: string): void {
    for (const kind of Object.keys(SOURCES)) this.#kept.delete(`${kind} ${server}`);
  }

  #of(server: string, kind: OfferingKind, caller: Caller): Promise<readonly Params[]> {
    const key = `${kind} ${server}`;
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      kept = this.#ask(server, kind, caller).catch(() => {
        this.#kept.delete(key);
        return [];
      });
      this.#kept.set(key, kept);
    }
    return kept;
  }

  async #ask(server: string, kind: OfferingKind, caller: Caller): Promise<Params[]> {
    const { method, capability } = SOURCES[kind];
    const signal = AbortSignal.timeout(LIST_MS);
    const conversation: Conversation = await this.#dispatcher.open(server, { caller, signal });
    if (!isObject(conversation.hello.capabilities[capability])) return [];
    const items: Params[] = [];
    let cursor: unknown;
    for (let page = 0; page < PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const { result } = await conversation.request(method, params, { signal, timeoutMs: LIST_MS });
      if (!isObject(result)) break;
      const found = result[kind];
      if (Array.isArray(found)) items.push(...found.filter(isObject));
      cursor = result.nextCursor;
      if (cursor === undefined || cursor === null) break;
    }
    return items;
  }
}

/** Does a URI come from an RFC 6570 template? Expressions match anything; literals must stand where they stand. */
export function fits(template: string, uri: string): boolean {
  if (template.length > LONGEST_TEMPLATE) return false;
  let at = 0;
  const literals = template.split(/\{[^}]*\}/);
  for (const [index, literal] of literals.entries()) {
    const found = index === 0 ? (uri.startsWith(literal) ? 0 : -1) : uri.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  const last = literals.at(-1) ?? '';
  return literals.length > 1 ? uri.endsWith(last) : uri === template;
}
