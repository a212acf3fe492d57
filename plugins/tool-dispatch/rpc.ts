import type { Fault } from '#kernel';
import { memberText, quickAnswer } from './answer.ts';
import type { Era, RpcNotification } from './api.ts';
import { cancelled, lost, type RpcFailure, timedOut, tooLarge } from './faults.ts';
import { InFlight } from './in-flight.ts';
import { type Exchange, type Expectation, Pending } from './pending.ts';
import { Questions } from './questions.ts';
import type { Outgoing, Sink, Transport } from './wires/transport.ts';

export interface RpcLimits {
  readonly maxResultBytes: number;
  /** How often deadlines are looked at. */
  readonly sweepMs: number;
  readonly progressResets: boolean;
  /** However much progress a call reports, it ends after this. */
  readonly maxCallMs: number;
}

export interface RpcEvents {
  notification(notification: RpcNotification): void;
  closed(why: string): void;
  /** A request got no answer in time. */
  timedOut(): void;
}

/** Tells whoever subscribed what was granted; to everybody else it means nothing. */
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

/** One JSON-RPC connection: numbers requests, matches answers, keeps deadlines, hands on what the server asks and tells. */
export class RpcPeer implements Sink {
  readonly server: string;
  readonly transport: Transport;
  era: Era = 'legacy';
  /** Counts everything that came; a server that says nothing between two looks may be frozen. */
  received = 0;
  readonly #limits: RpcLimits;
  readonly #events: RpcEvents;
  readonly #pending = new InFlight();
  readonly #questions: Questions;
  #background = 0;
  #sweep: NodeJS.Timeout | undefined;
  #closed: string | undefined;
  readonly #onAbort = (pending: Pending): void => this.#abort(pending);

  constructor(server: string, transport: Transport, limits: RpcLimits, events: RpcEvents) {
    this.server = server;
    this.transport = transport;
    this.#limits = limits;
    this.#events = events;
    this.#questions = new Questions((text) => transport.send(text, {}));
  }

  get inFlight(): number {
    return this.#pending.size - this.#background;
  }
  get closedBecause(): string | undefined {
    return this.#closed;
  }
  allot(): number {
    return this.#pending.allot();
  }

  /** Sends a request under an allotted id. `params` is JSON text without line breaks. */
  start(
    id: number,
    method: string,
    params: string | undefined,
    exchange: Exchange,
    expect: Expectation,
    name?: string,
  ): void {
    if (this.#closed !== undefined || expect.signal?.aborted) {
      this.#pending.delete(id);
      const error = this.#closed === undefined ? cancelled(this.server, method) : lost(this.server, this.#closed, true);
      return exchange.failed(error, true);
    }
    this.#pending.set(id, new Pending(id, method, exchange, expect, performance.now(), this.#onAbort));
    if (expect.background) this.#background++;
    this.#sweep ??= setInterval(() => this.#overdue(), this.#limits.sweepMs);
    const tail = params === undefined ? '}' : `,"params":${params}}`;
    const about: Outgoing = {
      id,
      method,
      era: this.era,
      ...(name !== undefined && { name }),
      ...(expect.headers && { headers: expect.headers }),
    };
    this.transport.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}"${tail}`, about);
  }

  notify(method: string, params?: unknown): void {
    if (this.#closed !== undefined) return;
    const tail = params === undefined ? '}' : `,"params":${JSON.stringify(params)}}`;
    this.transport.send(`{"jsonrpc":"2.0","method":${JSON.stringify(method)}${tail}`, { method, era: this.era });
  }

  message(text: string, during?: number): void {
    this.received++;
    const quick = quickAnswer(text);
    if (quick === undefined) return this.#slow(text, during);
    const pending = this.#take(quick.id);
    if (pending !== undefined) pending.exchange.answered(quick.text, quick.result);
  }

  oversize(id: number | undefined, bytes: number): void {
    const pending = id === undefined ? undefined : this.#take(id);
    pending?.exchange.failed(tooLarge(this.server, bytes, this.#limits.maxResultBytes), false);
  }

  waitsFor(id: number): boolean {
    return this.#pending.get(id) !== undefined;
  }

  undelivered(id: number, error: Fault): void {
    this.#take(id)?.exchange.failed(error, error.data.unsent === true);
  }

  closed(why: string, unsent?: ReadonlySet<number>): void {
    if (this.#closed !== undefined) return;
    this.#closed = why;
    clearInterval(this.#sweep);
    this.#questions.end();
    const open = this.#pending.all();
    for (const { id } of open) this.#pending.delete(id);
    this.#background = 0;
    // The connection's owner hears it first, so that a call which is sent again finds the next connection.
    this.#events.closed(why);
    for (const pending of open) {
      pending.release();
      const never = unsent?.has(pending.id) === true;
      pending.exchange.failed(lost(this.server, why, never), never);
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    if (pending.background) this.#background--;
    pending.release();
    if (pending.questions > 0) this.#questions.callEnded(pending);
    return pending;
  }

  #slow(text: string, during: number | undefined): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    // Revision 2025-03-26 allowed batches.
    if (Array.isArray(message)) for (const one of message) this.#dispatch(one, JSON.stringify(one), during);
    else this.#dispatch(message, text, during);
  }

  #dispatch(message: unknown, text: string, during: number | undefined): void {
    if (typeof message !== 'object' || message === null) return;
    const { id, method, params, result, error } = message as Record<string, unknown>;
    if (typeof method === 'string') {
      if (id === undefined) this.#notification({ method, ...(params !== undefined && { params }) }, during);
      else this.#questions.asked(id, method, params, () => this.#answerer(during, method), this.#limits.maxCallMs);
      return;
    }
    const pending = this.#take(typeof id === 'string' ? Number(id) : (id as number));
    if (pending === undefined) return;
    if (error !== undefined) pending.exchange.refused(rpcFailure(error));
    else if (result !== undefined) pending.exchange.answered(memberText(text, 'result') ?? 'null', result);
    else pending.exchange.refused({ code: -32603, message: 'the answer has neither result nor error' });
  }

  /**
   * Who answers a question of the server: the request on whose stream it came, else (one stream for all) the newest
   * request in flight whose caller can answer.
   */
  #answerer(during: number | undefined, method: string): Pending | undefined {
    if (method === 'ping') return undefined;
    const own = during === undefined ? undefined : this.#pending.get(during);
    return own ?? this.#newest((pending) => pending.peer?.request !== undefined);
  }

  #newest(fits: (pending: Pending) => boolean): Pending | undefined {
    let found: Pending | undefined;
    this.#pending.forEach((pending) => {
      if (fits(pending) && (found === undefined || pending.id > found.id)) found = pending;
    });
    return found;
  }

  #notification(notification: RpcNotification, during: number | undefined): void {
    const params = notification.params as Record<string, unknown> | undefined;
    switch (notification.method) {
      case 'notifications/progress':
        return this.#progress(params);
      case 'notifications/cancelled':
        return this.#questions.withdrawn(params?.requestId);
      case 'notifications/message': {
        const to =
          (during !== undefined && this.#pending.get(during)) || this.#newest((p) => p.peer?.notify !== undefined);
        if (to?.peer?.notify !== undefined) return to.peer.notify(notification);
        return this.#events.notification(notification);
      }
      default: {
        const meta = params?._meta as Record<string, unknown> | undefined;
        const stream = during ?? Number(meta?.[SUBSCRIPTION]);
        const listening = this.#pending.get(stream)?.peer?.notify;
        if (listening !== undefined) this.#pending.get(stream)!.peer!.notify!(notification);
        else if (notification.method !== ACKNOWLEDGED) this.#events.notification(notification);
      }
    }
  }

  #progress(params: Record<string, unknown> | undefined): void {
    const pending = this.#pending.get(Number(params?.progressToken));
    if (pending === undefined) return;
    if (this.#limits.progressResets && pending.timeoutMs > 0) {
      const most = pending.startedAt + Math.max(this.#limits.maxCallMs, pending.timeoutMs);
      pending.deadline = Math.min(performance.now() + pending.timeoutMs, most);
    }
    if (pending.token !== undefined)
      pending.peer?.notify?.({ method: 'notifications/progress', params: { ...params, progressToken: pending.token } });
  }

  #overdue(): void {
    if (this.#pending.size === 0) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
      return;
    }
    const now = performance.now();
    for (const pending of this.#pending.all()) {
      if (now < pending.deadline || pending.questions > 0) continue;
      this.#giveUp(pending, 'timeout');
      pending.exchange.failed(timedOut(this.server, pending.method, now - pending.startedAt), false);
      this.#events.timedOut();
    }
  }

  #abort(pending: Pending): void {
    this.#giveUp(pending, 'cancelled by the caller');
    pending.exchange.failed(cancelled(this.server, pending.method), false);
  }

  /** Late answers of this request are dropped from here on. */
  #giveUp(pending: Pending, reason: string): void {
    this.#take(pending.id);
    const noticed = this.transport.abandon?.(pending.id) === true;
    // Initialize is the one request that must not be cancelled.
    if (pending.method === 'initialize' || (noticed && this.era === 'modern')) return;
    this.notify('notifications/cancelled', { requestId: pending.id, reason });
  }
}

function rpcFailure(error: unknown): RpcFailure {
  const { code, message, data } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  return {
    code: typeof code === 'number' ? code : -32603,
    message: typeof message === 'string' ? message : String(message ?? JSON.stringify(error)),
    ...(data !== undefined && { data }),
  };
}
