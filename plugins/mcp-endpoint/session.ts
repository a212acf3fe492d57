import { fault } from '#kernel';
import type { Caller, RpcNotification } from '#plugins/tool-dispatch/api';
import { AskedQuestions } from './asked-questions.ts';
import { type Client, Exchange } from './exchange.ts';
import { argumentsProblem, rpcError } from './failure.ts';
import type { Mount } from './mount.ts';
import { requireCapability } from './questions.ts';
import type { EventStream, Reply } from './reply.ts';
import {
  type Id,
  INVALID_PARAMS,
  INVALID_REQUEST,
  isObject,
  isRequest,
  isResponse,
  LEGACY_VERSIONS,
  META_SUBSCRIPTION,
  notificationText,
  type Params,
  type RpcMessage,
  type RpcRequest,
  type RpcNotification as WireNotification,
} from './wire.ts';

const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
/** Notifications kept for a client that has no stream open yet; older ones are dropped. */
const OUTBOX = 64;

export interface SessionLimits {
  /** How long a person or a model behind the client may take to answer a question. */
  readonly questionMs: number;
  readonly inFlight: number;
}

/** A legacy client from `initialize` to DELETE: what it declared, what it waits for, and the stream to reach it. */
export class Session implements Client {
  readonly era = 'legacy';
  readonly id: string;
  mount: Mount;
  readonly caller: Caller;
  capabilities: Params = {};
  lastSeen = Date.now();
  /** Sent with the answer to initialize, and at the head of the session's stream. */
  readonly header: Readonly<Record<string, string>>;
  readonly #limits: SessionLimits;
  /** Not a Map, for the reason that tool-dispatch's `InFlight` has; it is short, and looked through only by its client. */
  readonly #inFlight: Exchange[] = [];
  readonly #asked: AskedQuestions;
  readonly #subscribed = new Set<string>();
  readonly #outbox: string[] = [];
  #undo: () => void;
  #stream: Pick<EventStream, 'write' | 'end' | 'closed'> | undefined;
  #minLevel = 0;
  #initialized = false;
  #closed = false;

  constructor(id: string, principal: string, mount: Mount, limits: SessionLimits) {
    this.id = id;
    this.mount = mount;
    this.caller = { principal, session: id };
    this.header = { 'mcp-session-id': id };
    this.#limits = limits;
    this.#asked = new AskedQuestions(limits.questionMs);
    this.#undo = mount.subscribe((notification) => this.#announce(notification));
  }

  /** The endpoint was swapped: the client goes on, with what stands behind its path now. */
  moveTo(mount: Mount): void {
    this.#undo();
    this.mount = mount;
    this.#undo = mount.subscribe((notification) => this.#announce(notification));
    this.#announce({ method: 'notifications/tools/list_changed' });
  }

  /** A legacy client hears everything until it says otherwise. */
  get logLevel(): string | undefined {
    return LEVELS[this.#minLevel];
  }

  get busy(): boolean {
    return this.#inFlight.length > 0 || this.#stream !== undefined;
  }

  /** One message of the client. A request is answered on `reply`; the others need no answer. */
  receive(message: RpcMessage, reply: Reply): void {
    this.lastSeen = Date.now();
    if (isResponse(message)) this.#asked.answered(message);
    else if (isRequest(message)) void this.#serve(message, reply);
    else this.#notified(message);
  }

  async #serve(request: RpcRequest, reply: Reply): Promise<Exchange> {
    const exchange = new Exchange(this, request.id, request.method, request.params, reply);
    if (this.#waitingFor(request.id) !== undefined) {
      exchange.fail(rpcError(INVALID_REQUEST, `a request with id ${JSON.stringify(request.id)} is still in flight`));
      return exchange;
    }
    if (this.#inFlight.length >= this.#limits.inFlight) {
      exchange.fail(
        fault('SESSION_BUSY', `this session has ${this.#limits.inFlight} requests in flight`, {
          kind: 'rate_limited',
          hint: 'wait for answers, or raise limits.inFlight of mcp-endpoint',
        }),
      );
      return exchange;
    }
    this.#inFlight.push(exchange);
    try {
      exchange.result(await this.#own(exchange));
    } catch (error) {
      const forModel = request.method === 'tools/call' ? argumentsProblem(error) : undefined;
      if (forModel === undefined) exchange.fail(error);
      else exchange.result(forModel);
    } finally {
      this.#forget(exchange);
    }
    return exchange;
  }

  #waitingFor(id: Id): Exchange | undefined {
    for (const exchange of this.#inFlight) if (exchange.id === id) return exchange;
    return undefined;
  }

  #forget(exchange: Exchange): void {
    const last = this.#inFlight.pop();
    if (last !== exchange && last !== undefined) this.#inFlight[this.#inFlight.indexOf(exchange)] = last;
  }

  /** What the session answers itself, and what belongs to the mount. */
  async #own(exchange: Exchange): Promise<string> {
    switch (exchange.method) {
      case 'initialize':
        return this.#initialize(exchange.params);
      case 'ping':
        return '{}';
      case 'logging/setLevel': {
        const level = LEVELS.indexOf(String(exchange.params.level));
        if (level < 0) throw rpcError(INVALID_PARAMS, `level must be one of ${LEVELS.join(', ')}`);
        this.#minLevel = level;
        return this.mount.request(exchange);
      }
      case 'resources/subscribe':
      case 'resources/unsubscribe': {
        const uri = exchange.params.uri;
        if (typeof uri !== 'string') throw rpcError(INVALID_PARAMS, 'params.uri must be a string');
        if (exchange.method === 'resources/unsubscribe') this.#subscribed.delete(uri);
        const text = await this.mount.request(exchange);
        if (exchange.method === 'resources/subscribe') this.#subscribed.add(uri);
        return text;
      }
      default:
        return this.mount.request(exchange);
    }
  }

  async #initialize(params: Params): Promise<string> {
    if (isObject(params.capabilities)) this.capabilities = params.capabilities;
    const wanted = String(params.protocolVersion);
    const protocolVersion = LEGACY_VERSIONS.includes(wanted) ? wanted : LEGACY_VERSIONS[0];
    const hello = await this.mount.hello(this);
    this.#initialized = true;
    return JSON.stringify({ ...hello, protocolVersion });
  }

  #notified(message: WireNotification): void {
    if (message.method === 'notifications/cancelled') {
      const id = message.params?.requestId;
      if (typeof id === 'string' || typeof id === 'number') this.#waitingFor(id)?.cancel();
    } else if (message.method !== 'notifications/initialized') this.mount.notify(this, message);
  }

  ask(exchange: Exchange, method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    requireCapability(method, params, this.capabilities);
    return this.#asked.ask(exchange, method, params, signal);
  }

  wantsLog(_exchange: Exchange, level: unknown): boolean {
    return LEVELS.indexOf(String(level)) >= this.#minLevel;
  }

  #announce(notification: RpcNotification): void {
    if (!this.#initialized) return;
    const params = notification.params as Params | undefined;
    if (notification.method === 'notifications/message' && LEVELS.indexOf(String(params?.level)) < this.#minLevel)
      return;
    if (notification.method === 'notifications/resources/updated' && !this.#subscribed.has(String(params?.uri))) return;
    const text = notificationText(notification.method, withoutSubscription(params));
    if (this.#stream !== undefined && !this.#stream.closed) return this.#stream.write(text);
    if (this.#outbox.includes(text)) return;
    this.#outbox.push(text);
    if (this.#outbox.length > OUTBOX) this.#outbox.shift();
  }

  /** The client's stream for messages outside requests. False while another one is open. */
  listen(open: () => Pick<EventStream, 'write' | 'end' | 'closed'>): boolean {
    if (this.#stream !== undefined && !this.#stream.closed) return false;
    this.lastSeen = Date.now();
    const stream = open();
    this.#stream = stream;
    for (const text of this.#outbox.splice(0)) stream.write(text);
    return true;
  }

  /** The client closed its stream; what comes now waits for the next one. */
  unlisten(): void {
    this.#stream = undefined;
    this.lastSeen = Date.now();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#undo();
    this.mount.left(this);
    for (const exchange of [...this.#inFlight]) exchange.cancel();
    this.#asked.end();
    this.#stream?.end();
  }
}

/** Modern servers name the subscription that a notification belongs to; it is ours, and nothing to a legacy client. */
function withoutSubscription(params: Params | undefined): Params | undefined {
  if (!isObject(params?._meta) || !(META_SUBSCRIPTION in params._meta)) return params;
  const { [META_SUBSCRIPTION]: _, ...kept } = params._meta;
  const { _meta, ...rest } = params;
  if (Object.keys(kept).length > 0) return { ...rest, _meta: kept };
  return Object.keys(rest).length > 0 ? rest : undefined;
}
