import { reason } from '#kernel';
import { isRpcError, type RpcFailure } from './faults.ts';
import type { Pending } from './pending.ts';

const METHOD_NOT_FOUND = -32601;
const INTERNAL_ERROR = -32603;
/** A server that asks more than this at once is not waiting for people. */
const MOST_OPEN = 64;

/** What a server asks of us in mid-call (legacy era): handed to the caller whose call it belongs to, the answer sent back. */
export class Questions {
  readonly #send: (text: string) => void;
  readonly #open = new Map<unknown, { readonly abort: AbortController; readonly pending: Pending }>();

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  asked(id: unknown, method: string, params: unknown, answerer: () => Pending | undefined, maxMs: number): void {
    if (method === 'ping') return this.#reply(id, '"result":{}');
    const pending = answerer();
    const request = pending?.peer?.request?.bind(pending.peer);
    if (pending === undefined || request === undefined) {
      const message = `no client of this gateway can answer "${method}" now: none of the open requests came with one that can`;
      return this.#error(id, { code: METHOD_NOT_FOUND, message });
    }
    if (this.#open.size >= MOST_OPEN)
      return this.#error(id, { code: INTERNAL_ERROR, message: `${MOST_OPEN} questions are open already` });
    void this.#ask(id, method, params, pending, request, maxMs);
  }

  /** The server no longer wants the answer, and gets none. */
  withdrawn(id: unknown): void {
    const open = this.#open.get(id);
    this.#open.delete(id);
    open?.abort.abort();
  }

  /** The call that a question belongs to has ended: whoever is asked may stop thinking. */
  callEnded(pending: Pending): void {
    for (const open of this.#open.values()) if (open.pending === pending) open.abort.abort();
  }

  end(): void {
    for (const id of [...this.#open.keys()]) this.withdrawn(id);
  }

  async #ask(
    id: unknown,
    method: string,
    params: unknown,
    pending: Pending,
    request: (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>,
    maxMs: number,
  ): Promise<void> {
    const abort = new AbortController();
    this.#open.set(id, { abort, pending });
    const limit = setTimeout(() => abort.abort(), maxMs);
    // While a person (or a model) thinks, the call's clock stands still.
    if (pending.questions++ === 0) pending.askedAt = performance.now();
    let answer: string | undefined;
    try {
      const value = await Promise.race([request(method, params, abort.signal), aborted(abort.signal)]);
      answer = `"result":${JSON.stringify(value ?? {})}`;
    } catch (error) {
      const rpc = isRpcError(error) ? error.rpc : { code: INTERNAL_ERROR, message: reason(error) };
      answer = `"error":${JSON.stringify(rpc)}`;
    } finally {
      clearTimeout(limit);
      if (--pending.questions === 0) pending.deadline += performance.now() - pending.askedAt;
    }
    if (this.#open.delete(id)) this.#reply(id, answer);
  }

  #error(id: unknown, error: RpcFailure): void {
    this.#reply(id, `"error":${JSON.stringify(error)}`);
  }

  #reply(id: unknown, tail: string): void {
    this.#send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${tail}}`);
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, failed) => {
    signal.addEventListener('abort', () => failed(new Error('nobody answered in time, or the call has ended')), {
      once: true,
    });
  });
