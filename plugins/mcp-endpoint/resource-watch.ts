import type { Caller, ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';

/** One resource that a server was asked to tell about, and the clients for whom it was. */
interface Watched {
  readonly server: string;
  readonly uri: string;
  readonly caller: Caller;
  readonly holders: Set<object>;
  asked: Promise<void>;
  /** Ends the long request at a server of the modern era. */
  listening: AbortController | undefined;
}

/**
 * Which resources clients want to hear of. Clients share the connection to a server: it is asked once for all of them,
 * in the words of its own era, is told to stop when the last one lost interest, and is asked again when it came back.
 */
export class ResourceWatch {
  readonly #registry: ToolRegistry;
  readonly #dispatcher: ToolDispatcher;
  readonly #watched = new Map<string, Watched>();

  constructor(registry: ToolRegistry, dispatcher: ToolDispatcher) {
    this.#registry = registry;
    this.#dispatcher = dispatcher;
  }

  /** Rejects with what the server says where it refuses. */
  async hold(server: string, uri: string, caller: Caller, holder: object): Promise<void> {
    const key = this.#key(server, uri, caller);
    let watched = this.#watched.get(key);
    if (watched === undefined) {
      const { peer: _, ...plain } = caller;
      watched = { server, uri, caller: plain, holders: new Set(), asked: Promise.resolve(), listening: undefined };
      watched.asked = this.#ask(watched);
      this.#watched.set(key, watched);
    }
    watched.holders.add(holder);
    try {
      await watched.asked;
    } catch (error) {
      this.#drop(key, watched, holder, false);
      throw error;
    }
  }

  release(server: string, uri: string, caller: Caller, holder: object): void {
    const key = this.#key(server, uri, caller);
    const watched = this.#watched.get(key);
    if (watched?.holders.has(holder)) this.#drop(key, watched, holder, true);
  }

  releaseAll(holder: object): void {
    for (const [key, watched] of this.#watched) if (watched.holders.has(holder)) this.#drop(key, watched, holder, true);
  }

  /** A server that was away has forgotten what it was asked. */
  renew(server: string): void {
    for (const watched of this.#watched.values()) {
      if (watched.server !== server) continue;
      watched.listening?.abort();
      watched.asked = this.#ask(watched);
      watched.asked.catch(() => undefined);
    }
  }

  #drop(key: string, watched: Watched, holder: object, tell: boolean): void {
    watched.holders.delete(holder);
    if (watched.holders.size > 0) return;
    if (this.#watched.get(key) === watched) this.#watched.delete(key);
    if (watched.listening !== undefined) watched.listening.abort();
    else if (tell) this.#unsubscribe(watched);
  }

  async #ask(watched: Watched): Promise<void> {
    const { server, uri, caller } = watched;
    const conversation = await this.#dispatcher.open(server, { caller });
    if (conversation.era === 'legacy') {
      await conversation.request('resources/subscribe', { uri });
      return;
    }
    const listening = new AbortController();
    watched.listening = listening;
    const params = { notifications: { resourceSubscriptions: [uri] } };
    conversation
      .request('subscriptions/listen', params, { timeoutMs: 0, signal: listening.signal })
      .catch(() => undefined);
  }

  #unsubscribe({ server, uri, caller }: Watched): void {
    void this.#dispatcher
      .open(server, { caller })
      .then((conversation) => conversation.request('resources/unsubscribe', { uri }))
      .catch(() => undefined);
  }

  /** Servers with a connection a session or a user are asked on each of them. */
  #key(server: string, uri: string, { principal, session }: Caller): string {
    const connection = this.#registry.snapshot.servers.get(server)?.spec.connection;
    const whose = connection === 'shared' ? '' : connection === 'user' ? principal : (session ?? principal);
    return JSON.stringify([server, uri, whose]);
  }
}
