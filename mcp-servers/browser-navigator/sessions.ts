import { randomBytes } from 'node:crypto';
import { Browser } from './browser.ts';
import { Fault } from './faults.ts';
import type { Options } from './options.ts';
import { Session } from './session.ts';
import { sweepStale } from './temp-folder.ts';

type Entry = {
  id: string;
  session: Promise<Session>;
  /** calls that run or wait; while there are any, the session is not idle */
  pending: number;
  /** the end of the last call: calls of one session run one after the other */
  tail: Promise<unknown>;
  idle: NodeJS.Timeout | undefined;
};

/** The browser and its sessions: started at the first call, a cap, an idle time, one call at a time each. */
export class Sessions {
  readonly options: Options;
  readonly #warn: (text: string) => void;
  readonly #entries = new Map<string, Entry>();
  /** Why sessions ended that their callers do not know of yet. */
  readonly #ended = new Map<string, Fault>();
  readonly #warned = new Set<string>();
  #browser: Promise<Browser> | undefined;
  #browserIdle: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /** `warn` hears once what the operator should know, such as a missing sandbox. */
  constructor(options: Options, warn: (text: string) => void = () => {}) {
    this.options = options;
    this.#warn = (text) => {
      if (!this.#warned.has(text)) warn(text);
      this.#warned.add(text);
    };
    void sweepStale();
  }

  /** A name that cannot be guessed: whoever knows it has the session, with what it is logged in to. */
  open(id = randomBytes(9).toString('base64url')): string {
    if (this.#closed) throw new Fault('CLOSED', 'the server is stopping');
    if (this.#entries.has(id)) return id;
    const { sessions, sessionIdleSeconds } = this.options;
    if (this.#entries.size >= sessions)
      throw new Fault(
        'SESSION_LIMIT',
        `${sessions} sessions are open, which is the limit`,
        `go on in one that you have, or end it with browser_close; unused ones are closed after ${sessionIdleSeconds} s`,
      );
    clearTimeout(this.#browserIdle);
    this.#ended.delete(id);
    const session = this.#startedBrowser().then((browser) => Session.open(id, this.options, browser));
    const entry: Entry = { id, session, pending: 0, tail: Promise.resolve(), idle: undefined };
    session.catch(() => this.#end(entry));
    this.#entries.set(id, entry);
    this.#restartIdle(entry);
    return id;
  }

  /** Runs the work when all earlier calls of the session are done. */
  async use<T>(id: string, work: (session: Session) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(id);
    if (!entry) throw this.#unknown(id);
    if (entry.pending > this.options.queue)
      throw new Fault('BUSY', `${entry.pending} calls wait for this session`, 'wait for their answers first');
    entry.pending++;
    clearTimeout(entry.idle);
    const turn = entry.tail.then(async () => {
      const session = await entry.session;
      try {
        if (session.lost) throw session.lost;
        return await work(session);
      } catch (error) {
        throw session.lost ?? error;
      } finally {
        if (session.lost) await this.#end(entry);
      }
    });
    entry.tail = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      entry.pending--;
      this.#restartIdle(entry);
    }
  }

  async end(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) throw this.#unknown(id);
    await this.#end(entry);
    this.#ended.delete(id);
  }

  /** Resolves when no session, process or folder is left. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      clearTimeout(this.#browserIdle);
      const ends = [...this.#entries.values()].map((entry) => this.#end(entry));
      const browser = await this.#browser?.catch(() => undefined);
      await browser?.close();
      await Promise.all(ends);
    })();
    return this.#closed;
  }

  #startedBrowser(): Promise<Browser> {
    const started = this.#browser;
    const starting = (async () => {
      const running = await started?.catch(() => undefined);
      if (running?.connected) return running;
      await running?.close();
      const browser = await Browser.start(this.options, this.#warn);
      if (!this.#closed) return browser;
      await browser.close();
      throw new Fault('CLOSED', 'the server is stopping');
    })();
    this.#browser = starting;
    starting.catch(() => {});
    return starting;
  }

  #unknown(id: string): Fault {
    return (
      this.#ended.get(id) ??
      new Fault(
        'SESSION_UNKNOWN',
        `no session ${id}`,
        'open one with browser_navigate; it may have been closed as unused',
      )
    );
  }

  #restartIdle(entry: Entry): void {
    clearTimeout(entry.idle);
    if (this.#entries.get(entry.id) !== entry || entry.pending > 0) return;
    entry.idle = setTimeout(() => void this.#end(entry), this.options.sessionIdleSeconds * 1000);
    entry.idle.unref();
  }

  async #end(entry: Entry): Promise<void> {
    clearTimeout(entry.idle);
    if (this.#entries.get(entry.id) === entry) this.#entries.delete(entry.id);
    const session = await entry.session.catch(() => undefined);
    if (session?.lost && session.lost.code !== 'SESSION_UNKNOWN') this.#remember(entry.id, session.lost);
    await session?.close();
    if (this.#entries.size > 0 || this.#closed) return;
    clearTimeout(this.#browserIdle);
    this.#browserIdle = setTimeout(() => void this.#endBrowser(), this.options.browserIdleSeconds * 1000);
    this.#browserIdle.unref();
  }

  async #endBrowser(): Promise<void> {
    if (this.#entries.size > 0) return;
    const browser = await this.#browser?.catch(() => undefined);
    if (this.#entries.size === 0) await browser?.close();
  }

  #remember(id: string, fault: Fault): void {
    if (this.#ended.size >= 100) this.#ended.delete(this.#ended.keys().next().value!);
    this.#ended.set(id, fault);
  }
}
