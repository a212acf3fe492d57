import { randomUUID } from 'node:crypto';
import { fault } from '#kernel';
import type { Caller } from '#plugins/tool-dispatch/api';
import { type Client, Exchange } from './exchange.ts';
import { argumentsProblem, rpcError } from './failure.ts';
import { type Mount, modernResult } from './mount.ts';
import { requireCapability } from './questions.ts';
import type { Reply } from './reply.ts';
import {
  INVALID_PARAMS,
  isObject,
  META_CAPABILITIES,
  META_LOG_LEVEL,
  MODERN_VERSIONS,
  type Params,
  type RpcRequest,
} from './wire.ts';

export interface ModernLimits {
  readonly questionMs: number;
  /** Calls that wait for a client to come back with input. */
  readonly parked: number;
}

/** Marks the request states that are ours, so that a server's own state passes through untouched. */
const TICKET = 'parked:';
const QUESTION = 'input';

/** A call whose server (of the legacy era) asked something: it stays open until the client brings the answer. */
interface Parked {
  readonly exchange: Exchange;
  readonly principal: string;
  answer(value: unknown): void;
  drop(why: string): void;
}

/** Serves requests of the modern era: each stands alone, questions travel inside results. */
export class ModernRequests {
  readonly #limits: ModernLimits;
  readonly #parked = new Map<string, Parked>();

  constructor(limits: ModernLimits) {
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#parked.size;
  }

  stop(): void {
    for (const parked of [...this.#parked.values()]) parked.drop('the server stops');
  }

  /** The exchange that runs, for its end when the client goes away; undefined where it was refused. */
  serve(request: RpcRequest, meta: Params, mount: Mount, caller: Caller, reply: Reply): Exchange | undefined {
    const state = request.params?.requestState;
    if (typeof state === 'string' && state.startsWith(TICKET)) return this.#comeBack(request, state, caller, reply);
    const client = new ModernClient(this, meta, caller);
    const exchange = new Exchange(client, request.id, request.method, request.params, reply);
    void this.#run(exchange, mount);
    return exchange;
  }

  async #run(exchange: Exchange, mount: Mount): Promise<void> {
    try {
      exchange.result(
        exchange.method === 'server/discover' ? await discover(exchange, mount) : await mount.request(exchange),
      );
    } catch (error) {
      const forModel = exchange.method === 'tools/call' ? argumentsProblem(error) : undefined;
      if (forModel === undefined) exchange.fail(error);
      else exchange.result(modernResult(forModel, undefined));
    }
  }

  park(exchange: Exchange, method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    if (this.#parked.size >= this.#limits.parked)
      throw fault('PARKED_FULL', `${this.#limits.parked} calls already wait for input`, { kind: 'unavailable' });
    const ticket = `${TICKET}${randomUUID()}`;
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(limit);
        this.#parked.delete(ticket);
      };
      const drop = (why: string) => {
        settle();
        reject(fault('QUESTION_UNANSWERED', `the client did not answer ${method}: ${why}`, { kind: 'timeout' }));
      };
      const limit = setTimeout(() => drop(`no answer in ${this.#limits.questionMs} ms`), this.#limits.questionMs);
      signal.addEventListener('abort', () => drop('the server no longer waits for it'), { once: true });
      this.#parked.set(ticket, {
        exchange,
        principal: exchange.client.caller.principal,
        answer: (value) => {
          settle();
          resolve(value);
        },
        drop,
      });
      const inputRequests = { [QUESTION]: { method, params: params ?? {} } };
      exchange.pause(JSON.stringify({ resultType: 'input_required', inputRequests, requestState: ticket }));
    });
  }

  #comeBack(request: RpcRequest, ticket: string, caller: Caller, reply: Reply): Exchange | undefined {
    const parked = this.#parked.get(ticket);
    const stray = (message: string) => {
      new Exchange(new ModernClient(this, {}, caller), request.id, request.method, request.params, reply).fail(
        rpcError(INVALID_PARAMS, message),
      );
      return undefined;
    };
    // The state is a capability of the one who got it: another caller must not pick the call up.
    if (parked === undefined || parked.principal !== caller.principal || parked.exchange.method !== request.method)
      return stray('params.requestState is unknown or has expired: send the request again without it');
    const responses = request.params?.inputResponses;
    if (!isObject(responses) || !(QUESTION in responses)) {
      return stray(`params.inputResponses must answer "${QUESTION}"`);
    }
    parked.exchange.resume(request.id, reply);
    parked.answer(responses[QUESTION]);
    return parked.exchange;
  }
}

async function discover(exchange: Exchange, mount: Mount): Promise<string> {
  const { supportedVersions, ...hello } = await mount.hello(exchange.client);
  const { serverInfo, ...rest } = hello;
  const result = {
    resultType: 'complete',
    supportedVersions: supportedVersions ?? MODERN_VERSIONS,
    ttlMs: 0,
    cacheScope: 'private',
    ...rest,
    ...(serverInfo !== undefined && {
      serverInfo,
      _meta: { ...(isObject(rest._meta) && rest._meta), 'io.modelcontextprotocol/serverInfo': serverInfo },
    }),
  };
  return JSON.stringify(result);
}

class ModernClient implements Client {
  readonly era = 'modern';
  readonly caller: Caller;
  readonly capabilities: Params;
  readonly #requests: ModernRequests;
  readonly #logLevel: unknown;

  constructor(requests: ModernRequests, meta: Params, caller: Caller) {
    this.#requests = requests;
    this.caller = caller;
    this.#logLevel = meta[META_LOG_LEVEL];
    const declared = meta[META_CAPABILITIES];
    this.capabilities = isObject(declared) ? declared : {};
  }

  /** A modern client gets log messages only where its request asks for them. */
  wantsLog(): boolean {
    return this.#logLevel !== undefined;
  }

  async ask(exchange: Exchange, method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    requireCapability(method, params, this.capabilities);
    return this.#requests.park(exchange, method, params, signal);
  }
}
