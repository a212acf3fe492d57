import { randomBytes } from 'node:crypto';
import type { Engine, Execution, Interpreter, Outcome } from './engine.ts';
import { Fault } from './faults.ts';
import type { Options } from './options.ts';
import type { TempFolder } from './temp-folder.ts';

export type SessionInfo = { session_id: string; executions: number; age_seconds: number; idle_seconds: number };

type Session = {
  id: string;
  interpreter: Promise<Interpreter>;
  packages: string | undefined;
  opened: number;
  used: number;
  executions: number;
  /** calls that run or wait; while there are any, the session is not idle */
  pending: number;
  /** the end of the last call: calls of one session run one after the other */
  tail: Promise<unknown>;
  idle: NodeJS.Timeout | undefined;
};

/** The table of persistent interpreters: a cap, an idle time, one call at a time each. */
export class Sessions {
  readonly #options: Options;
  readonly #engine: () => Promise<Engine>;
  readonly #temp: TempFolder;
  readonly #sessions = new Map<string, Session>();

  constructor(options: Options, engine: () => Promise<Engine>, temp: TempFolder) {
    this.#options = options;
    this.#engine = engine;
    this.#temp = temp;
  }

  list(): SessionInfo[] {
    const now = Date.now();
    return [...this.#sessions.values()].map((session) => ({
      session_id: session.id,
      executions: session.executions,
      age_seconds: Math.round((now - session.opened) / 1000),
      idle_seconds: session.pending > 0 ? 0 : Math.round((now - session.used) / 1000),
    }));
  }

  /** Opens a fresh session; one of the same name is ended first. */
  async reopen(id = randomBytes(9).toString('base64url')): Promise<SessionInfo> {
    await this.close(id);
    const session = this.#open(id);
    await session.interpreter;
    return this.list().find((info) => info.session_id === id)!;
  }

  /** Runs in the session, made on first use. `reset` tells that its interpreter did not survive. */
  async execute(
    id: string,
    execution: Execution,
    enter: () => Promise<() => void>,
  ): Promise<{ outcome: Outcome; reset: boolean }> {
    const session = this.#sessions.get(id) ?? this.#open(id);
    return this.#inTurn(session, async () => {
      const leave = await enter();
      try {
        const interpreter = await session.interpreter;
        session.executions++;
        const outcome = await interpreter.execute(execution).catch(async (error: unknown) => {
          await this.#end(session); // cancelled in the middle: there is no state worth keeping
          throw error;
        });
        if (outcome.ended) await this.#end(session);
        return { outcome, reset: outcome.ended };
      } finally {
        leave();
      }
    });
  }

  /** The folder on the host that the session can import from. */
  async packagesFolder<T>(id: string, use: (folder: string) => Promise<T>): Promise<T> {
    const session = this.#sessions.get(id) ?? this.#open(id);
    return this.#inTurn(session, async () => {
      await session.interpreter;
      if (session.packages === undefined) throw new Fault('PACKAGES_REFUSED', 'this session cannot take packages');
      return use(session.packages);
    });
  }

  async close(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (session) await this.#end(session);
    return session !== undefined;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => this.#end(session)));
  }

  #open(id: string): Session {
    const { sessions } = this.#options;
    if (this.#sessions.size >= sessions) {
      const open = [...this.#sessions.keys()].join(', ');
      throw sessions === 0
        ? new Fault('SESSION_LIMIT', 'sessions are switched off on this server', 'leave session_id out')
        : new Fault(
            'SESSION_LIMIT',
            `${sessions} sessions are open, which is the limit: ${open}`,
            'close one with python_session_close, or leave session_id out',
          );
    }
    const now = Date.now();
    const session: Session = {
      id,
      packages: undefined,
      opened: now,
      used: now,
      executions: 0,
      pending: 0,
      tail: Promise.resolve(),
      idle: undefined,
      interpreter: Promise.resolve().then(() => this.#start(session)),
    };
    session.interpreter.catch(() => this.#end(session));
    this.#sessions.set(id, session);
    this.#restartIdle(session);
    return session;
  }

  async #start(session: Session): Promise<Interpreter> {
    const engine = await this.#engine();
    if (this.#options.allowPackages.length > 0 && engine.name === 'cpython')
      session.packages = await this.#temp.create('packages', engine.uid);
    return engine.open({ session: true, ...(session.packages !== undefined && { packages: session.packages }) });
  }

  async #inTurn<T>(session: Session, work: () => Promise<T>): Promise<T> {
    if (session.pending > this.#options.queue)
      throw new Fault('BUSY', `${session.pending} calls wait for session ${session.id}`, 'try again in a moment');
    session.pending++;
    clearTimeout(session.idle);
    const turn = session.tail.then(() => {
      if (this.#sessions.get(session.id) !== session)
        throw new Fault(
          'SESSION_UNKNOWN',
          `session ${session.id} ended while the call waited`,
          'call again to start a new one',
        );
      return work();
    });
    session.tail = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      session.pending--;
      session.used = Date.now();
      this.#restartIdle(session);
    }
  }

  #restartIdle(session: Session): void {
    clearTimeout(session.idle);
    if (this.#sessions.get(session.id) !== session || session.pending > 0) return;
    session.idle = setTimeout(() => void this.#end(session), this.#options.sessionIdleSeconds * 1000);
    session.idle.unref();
  }

  async #end(session: Session): Promise<void> {
    clearTimeout(session.idle);
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
    const interpreter = await session.interpreter.catch(() => undefined);
    await interpreter?.close();
    if (session.packages !== undefined) await this.#temp.remove(session.packages);
  }
}
