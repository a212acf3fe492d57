import type { Fault } from '#kernel';
import type { Peer } from './api.ts';
import type { RpcFailure } from './faults.ts';

/** What waits for the answer to one request. Exactly one of the three is called, once. */
export interface Exchange {
  /** `text` is the result as the server wrote it. */
  answered(text: string, result: unknown): void;
  refused(error: RpcFailure): void;
  /** `unsent`: the request never reached the server. */
  failed(error: Fault, unsent: boolean): void;
}

export interface Expectation {
  /** 0: no limit. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly peer?: Peer | undefined;
  /** The caller's own progress token; undefined where it wants no progress. */
  readonly token?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Not part of anybody's work: it does not keep the connection busy. */
  readonly background?: boolean;
}

/** A request on its way. It is its own abort listener: no closure per call. */
export class Pending {
  readonly id: number;
  readonly method: string;
  readonly exchange: Exchange;
  readonly timeoutMs: number;
  readonly background: boolean;
  readonly peer: Peer | undefined;
  readonly token: unknown;
  readonly signal: AbortSignal | undefined;
  /** ms of the monotonic clock; Infinity: none. */
  deadline: number;
  readonly startedAt: number;
  /** Questions to a human that are open; the clock stands still meanwhile. */
  questions = 0;
  askedAt = 0;
  readonly #onAbort: (pending: Pending) => void;

  constructor(
    id: number,
    method: string,
    exchange: Exchange,
    expect: Expectation,
    now: number,
    onAbort: (pending: Pending) => void,
  ) {
    this.id = id;
    this.method = method;
    this.exchange = exchange;
    this.timeoutMs = expect.timeoutMs;
    this.background = expect.background === true;
    this.peer = expect.peer;
    this.token = expect.token;
    this.signal = expect.signal;
    this.startedAt = now;
    this.deadline = expect.timeoutMs > 0 ? now + expect.timeoutMs : Number.POSITIVE_INFINITY;
    this.#onAbort = onAbort;
    this.signal?.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.#onAbort(this);
  }

  release(): void {
    this.signal?.removeEventListener('abort', this);
  }
}
