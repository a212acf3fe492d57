import { fault } from '#kernel';
import type { Row, SqlValue } from './api.ts';
import type { Script } from './driver.ts';

/** The handle that `transaction` gives to its work. It is dead once the transaction has ended, whoever still holds it. */
export class OpenTransaction implements Script {
  readonly #sql: Script;
  open = true;

  constructor(sql: Script) {
    this.#sql = sql;
  }

  async all<R extends Row = Row>(statement: string, values?: readonly SqlValue[]): Promise<R[]> {
    return this.#live().all<R>(statement, values);
  }
  async get<R extends Row = Row>(statement: string, values?: readonly SqlValue[]): Promise<R | undefined> {
    return this.#live().get<R>(statement, values);
  }
  async run(statement: string, values?: readonly SqlValue[]): Promise<number> {
    return this.#live().run(statement, values);
  }
  async script(text: string): Promise<void> {
    return this.#live().script(text);
  }

  #live(): Script {
    if (this.open) return this.#sql;
    throw fault('STORAGE_TRANSACTION', 'this transaction has ended', {
      hint: 'await every statement inside the function given to `transaction`',
    });
  }
}

/** The result of `work`, or STORAGE_TIMEOUT after `timeoutMs`; the caller rolls back. */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        fault('STORAGE_TIMEOUT', `a transaction took longer than ${timeoutMs} ms and was rolled back`, {
          kind: 'timeout',
          hint: 'inside a transaction use its own `sql`, and do not await `append`; or raise storage.transactionTimeoutMs',
        }),
      );
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
