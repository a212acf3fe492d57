import type { Caller, Conversation, Era, Hello, RequestOptions } from './api.ts';
import type { Connection } from './connection.ts';

/** What a conversation needs of the server behind it. */
export interface Line {
  readonly id: string;
  readonly callMs: number;
  acquire(signal: AbortSignal | undefined): Promise<Connection>;
}

/** A conversation outlives a connection: each request takes the one that is there then. */
export class ServerConversation implements Conversation {
  readonly #line: Line;
  readonly #caller: Caller | undefined;
  #connection: Connection;

  constructor(line: Line, connection: Connection, caller: Caller | undefined) {
    this.#line = line;
    this.#connection = connection;
    this.#caller = caller;
  }

  get server(): string {
    return this.#line.id;
  }
  get era(): Era {
    return this.#connection.era;
  }
  get hello(): Hello {
    return this.#connection.hello;
  }

  async request(
    method: string,
    params: unknown,
    options: RequestOptions = {},
  ): Promise<{ readonly text: string; readonly result: unknown }> {
    if (this.#connection.isClosed) this.#connection = await this.#line.acquire(options.signal);
    return this.#connection.ask(method, params, {
      timeoutMs: options.timeoutMs ?? this.#line.callMs,
      signal: options.signal,
      peer: options.peer ?? this.#caller?.peer,
    });
  }

  notify(method: string, params: unknown): void {
    this.#connection.rpc.notify(method, params);
  }
}
