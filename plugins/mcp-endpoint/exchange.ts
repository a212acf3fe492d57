import type { Caller, Era, Peer, RpcNotification } from '#plugins/tool-dispatch/api';
import { wireError } from './failure.ts';
import type { Reply } from './reply.ts';
import {
  errorText,
  type Id,
  METHOD_NOT_FOUND,
  MISSING_CAPABILITY,
  notificationText,
  type Params,
  resultText,
} from './wire.ts';

/** Errors that have an HTTP status of their own in the modern era (2026-07-28, streamable HTTP). */
const MODERN_STATUS: Readonly<Record<number, number>> = { [METHOD_NOT_FOUND]: 404, [MISSING_CAPABILITY]: 400 };

/** Who is on the other end: a legacy session, or the sender of one modern request. */
export interface Client {
  readonly era: Era;
  readonly caller: Caller;
  readonly capabilities: Params;
  /** The level that a legacy client set for its session. */
  readonly logLevel?: string | undefined;
  /** Whether log messages of this level are wanted. */
  wantsLog(exchange: Exchange, level: unknown): boolean;
  /** Puts a server's question to the client, by whatever way its era has. */
  ask(exchange: Exchange, method: string, params: unknown, signal: AbortSignal): Promise<unknown>;
}

/**
 * One request of a client until its answer. It is also the peer of the call that it causes: what the server sends
 * in mid-call goes out on the same reply. A modern exchange that waits for input changes its id and reply when the
 * client comes back with the answers.
 */
export class Exchange implements Peer {
  readonly client: Client;
  readonly method: string;
  params: Params;
  id: Id;
  #reply: Reply | undefined;
  #abort: AbortController | undefined;
  #answer: { readonly text: (id: Id) => string; readonly status: number } | undefined;
  #answered = false;

  constructor(client: Client, id: Id, method: string, params: Params | undefined, reply: Reply) {
    this.client = client;
    this.id = id;
    this.method = method;
    this.params = params ?? {};
    this.#reply = reply;
  }

  /** Made on first use: most calls end before anybody would cancel them. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  cancel(): void {
    this.#abort ??= new AbortController();
    this.#abort.abort();
  }

  get answered(): boolean {
    return this.#answered;
  }

  result(text: string): void {
    this.#finish((id) => resultText(id, text), 200);
  }

  fail(error: unknown): void {
    const wire = wireError(error);
    const status = this.client.era === 'modern' ? (MODERN_STATUS[wire.code] ?? 200) : 200;
    this.#finish((id) => errorText(id, wire), status);
  }

  /** Sends an answer now but keeps the exchange open: it goes on when `resume` brings another reply. */
  pause(text: string): void {
    this.#reply?.end(resultText(this.id, text));
    this.#reply = undefined;
  }

  resume(id: Id, reply: Reply): void {
    this.id = id;
    this.#reply = reply;
    if (this.#answer !== undefined) this.#deliver();
  }

  /** A message in front of the answer. */
  push(text: string): void {
    this.#reply?.push(text);
  }

  request(method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    return this.client.ask(this, method, params, signal);
  }

  notify(notification: RpcNotification): void {
    if (notification.method === 'notifications/message') {
      const level = (notification.params as Params | undefined)?.level;
      if (!this.client.wantsLog(this, level)) return;
    }
    this.push(notificationText(notification.method, notification.params));
  }

  #finish(text: (id: Id) => string, status: number): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#answer = { text, status };
    if (this.#reply !== undefined) this.#deliver();
  }

  #deliver(): void {
    if (this.#answer !== undefined) this.#reply?.end(this.#answer.text(this.id), this.#answer.status);
  }
}
