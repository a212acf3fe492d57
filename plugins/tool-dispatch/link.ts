import { type Fault, isFault, reason } from '#kernel';
import type { Connection } from './connection.ts';
import { cancelled, timedOut, unavailable } from './faults.ts';

export interface Recovery {
  readonly minMs: number;
  readonly maxMs: number;
  /** A connection that lived this long makes up for the failures before it. */
  readonly stableMs: number;
  /** After so many failures in a row calls fail at once instead of waiting for the next attempt. */
  readonly failures: number;
}

export type LinkState = 'idle' | 'connecting' | 'ready' | 'waiting' | 'ended';

interface Waiter {
  done(connection: Connection): void;
  failed(error: Fault): void;
}

/**
 * One place in a server's pool: a connection that is made when it is wanted and made again when it breaks. A broken one is
 * replaced at once; if that breaks soon too, after a growing pause.
 */
export class Link {
  state: LinkState = 'idle';
  connection: Connection | undefined;
  problem: Fault | undefined;
  usedAt = Date.now();
  restarts = 0;
  readonly #server: string;
  readonly #connect: (signal: AbortSignal) => Promise<Connection>;
  readonly #recovery: Recovery;
  readonly #onState: (link: Link) => void;
  readonly #waiters = new Set<Waiter>();
  readonly #stop = new AbortController();
  #failures = 0;
  #wasReady = false;
  #readyAt = 0;
  #nextAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(
    server: string,
    connect: (signal: AbortSignal) => Promise<Connection>,
    recovery: Recovery,
    onState: (link: Link) => void,
  ) {
    this.#server = server;
    this.#connect = connect;
    this.#recovery = recovery;
    this.#onState = onState;
  }

  get inFlight(): number {
    return (this.connection?.inFlight ?? 0) + this.#waiters.size;
  }
  /** It broke so often in a row that nobody should wait for it. */
  get givenUp(): boolean {
    return this.state === 'waiting' && (!this.#wasReady || this.#failures >= this.#recovery.failures);
  }

  start(): void {
    if (this.state === 'idle') this.#attempt();
  }

  /** Tries at once what would be tried after a pause. */
  retry(): void {
    if (this.state !== 'waiting') return;
    clearTimeout(this.#timer);
    this.#attempt();
  }

  acquire(timeoutMs: number, signal: AbortSignal | undefined): Promise<Connection> {
    this.usedAt = Date.now();
    if (this.connection !== undefined) return Promise.resolve(this.connection);
    if (this.state === 'ended') return Promise.reject(unavailable(this.#server, 'it is being stopped'));
    if (this.givenUp) return Promise.reject(this.#refusal());
    this.start();
    return new Promise((done, failed) => {
      const settle = (): void => {
        clearTimeout(limit);
        signal?.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        done: (connection) => {
          settle();
          done(connection);
        },
        failed: (error) => {
          settle();
          failed(error);
        },
      };
      const onAbort = (): void => waiter.failed(cancelled(this.#server, 'the wait for a connection'));
      const limit = setTimeout(
        () => waiter.failed(timedOut(this.#server, 'while it was being started', timeoutMs)),
        timeoutMs,
      );
      signal?.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
    });
  }

  /** Drops the connection; the next one is made at once, or (`idle`) when somebody wants it. */
  drop(why: string, then: 'reconnect' | 'idle'): void {
    const { connection } = this;
    if (connection === undefined) return;
    this.connection = undefined;
    connection.onClosed = undefined;
    connection.rpc.closed(why);
    this.#closing = connection.close();
    if (then === 'idle') this.#become('idle');
    else this.#broken(unavailable(this.#server, why));
  }

  async end(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    this.#become('ended');
    this.#stop.abort();
    clearTimeout(this.#timer);
    for (const waiter of [...this.#waiters]) waiter.failed(unavailable(this.#server, 'it is being stopped'));
    if (connection !== undefined) {
      connection.onClosed = undefined;
      this.#closing = connection.close();
    }
    await this.#closing;
  }

  #attempt(): void {
    this.#become('connecting');
    this.#connect(this.#stop.signal).then(
      (connection) => this.#connected(connection),
      (error: unknown) => {
        if (this.state === 'ended') return;
        this.#broken(isFault(error) ? error : unavailable(this.#server, reason(error)));
      },
    );
  }

  #connected(connection: Connection): void {
    if (this.state === 'ended' || connection.isClosed) {
      void connection.close();
      if (this.state !== 'ended')
        this.#broken(unavailable(this.#server, connection.rpc.closedBecause ?? 'it went away'));
      return;
    }
    this.connection = connection;
    this.problem = undefined;
    this.#wasReady = true;
    this.#readyAt = Date.now();
    this.usedAt = this.#readyAt;
    connection.onClosed = (why) => {
      if (this.connection !== connection) return;
      this.connection = undefined;
      const words = connection.rpc.transport.lastWords?.() ?? '';
      this.#closing = connection.close();
      this.#broken(unavailable(this.#server, words === '' ? why : `${why}; its last words: ${words}`));
    };
    this.#become('ready');
    for (const waiter of [...this.#waiters]) waiter.done(connection);
  }

  #broken(problem: Fault): void {
    if (this.#readyAt > 0 && Date.now() - this.#readyAt >= this.#recovery.stableMs) this.#failures = 0;
    this.#readyAt = 0;
    this.#failures++;
    this.problem = problem;
    this.restarts++;
    const pause = this.#pause();
    this.#nextAt = Date.now() + pause;
    this.#become('waiting');
    if (this.givenUp) for (const waiter of [...this.#waiters]) waiter.failed(this.#refusal());
    this.#timer = setTimeout(() => {
      if (this.state === 'waiting') this.#attempt();
    }, pause);
  }

  /** The first restart of a server that once worked waits for nothing; the others twice as long each, spread by a quarter. */
  #pause(): number {
    const { minMs, maxMs } = this.#recovery;
    const step = this.#failures - (this.#wasReady ? 2 : 1);
    if (step < 0) return 0;
    return Math.min(maxMs, minMs * 2 ** Math.min(step, 20)) * (0.875 + Math.random() / 4);
  }

  #refusal(): Fault {
    const wait = Math.max(0, Math.ceil((this.#nextAt - Date.now()) / 1000));
    const again = `it is tried again in ${wait} s`;
    return unavailable(
      this.#server,
      this.problem?.message ?? 'it could not be started',
      this.problem?.hint ? `${this.problem.hint}; ${again}` : again,
    );
  }

  #become(state: LinkState): void {
    this.state = state;
    this.#onState(this);
  }
}
