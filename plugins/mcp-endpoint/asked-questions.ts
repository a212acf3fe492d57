import { fault } from '#kernel';
import type { Exchange } from './exchange.ts';
import { rpcError } from './failure.ts';
import { type Id, notificationText, type RpcResponse } from './wire.ts';

interface Question {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What a legacy client was asked and has not answered yet. */
export class AskedQuestions {
  readonly #limitMs: number;
  readonly #open = new Map<Id, Question>();
  #next = 1;

  /** `limitMs`: how long a person or a model behind the client may take. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Sent on the reply of the exchange that it belongs to. Fault QUESTION_UNANSWERED; rejects with the client's error. */
  ask(exchange: Exchange, method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    const id = `q${this.#next++}`;
    return new Promise((resolve, reject) => {
      const withdraw = (why: string) => {
        settle();
        exchange.push(notificationText('notifications/cancelled', { requestId: id, reason: why }));
        reject(fault('QUESTION_UNANSWERED', `the client did not answer ${method}: ${why}`, { kind: 'timeout' }));
      };
      const onAbort = () => withdraw('the server no longer waits for it');
      const limit = setTimeout(() => withdraw(`no answer in ${this.#limitMs} ms`), this.#limitMs);
      const settle = () => {
        clearTimeout(limit);
        signal.removeEventListener('abort', onAbort);
        this.#open.delete(id);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#open.set(id, {
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      exchange.push(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  /** An answer to nothing that is open is left alone. */
  answered({ id, result, error }: RpcResponse): void {
    const question = this.#open.get(id);
    if (error === undefined) question?.resolve(result);
    else question?.reject(rpcError(error.code, error.message, error.data));
  }

  end(): void {
    for (const question of [...this.#open.values()])
      question.reject(fault('SESSION_ENDED', 'the session ended', { kind: 'cancelled' }));
  }
}
