import { Admission } from './admission.ts';
import type { Engine, Execution, Outcome } from './engine.ts';
import { Fault } from './faults.ts';
import type { Options } from './options.ts';
import { Sessions } from './sessions.ts';
import { sweepStale, TempFolder } from './temp-folder.ts';

/** Owns everything that runs: the engine, the sessions, the places. One per server program, shared by connections. */
export class Executor {
  readonly options: Options;
  readonly sessions: Sessions;
  readonly #admission: Admission;
  readonly #temp = new TempFolder();
  readonly #closing = new AbortController();
  readonly #warn: (text: string) => void;
  #engine: Promise<Engine> | undefined;
  #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  /** `warn` hears why the better engine was not used. */
  constructor(options: Options, warn: (text: string) => void = () => {}) {
    this.options = options;
    this.#warn = warn;
    void sweepStale();
    this.#admission = new Admission(options.concurrency, options.queue);
    this.sessions = new Sessions(options, () => this.engine(), this.#temp);
  }

  /** The engine, chosen on first use. A failed choice is not kept: the operator may install what was missing. */
  engine(): Promise<Engine> {
    if (this.#engine === undefined) {
      this.#engine = chooseEngine(this.options, this.#temp, this.#warn);
      this.#engine.catch(() => {
        this.#engine = undefined;
      });
    }
    return this.#engine;
  }

  /** One execution in a fresh interpreter, or in the named session. */
  execute(execution: Execution, session: string | undefined): Promise<{ outcome: Outcome; reset?: boolean }> {
    return this.#track(execution.signal, async (signal) => {
      const enter = () => this.#admission.enter(signal);
      if (session !== undefined) return this.sessions.execute(session, { ...execution, signal }, enter);
      const leave = await enter();
      try {
        const interpreter = await (await this.engine()).open({ session: false });
        try {
          return { outcome: await interpreter.execute({ ...execution, signal }) };
        } finally {
          await interpreter.close();
        }
      } finally {
        leave();
      }
    });
  }

  install(session: string, packages: string[], signal: AbortSignal | undefined) {
    return this.#track(signal, async (both) => {
      const { installPackages } = await import('./packages.ts');
      return installPackages(this, session, packages, both);
    });
  }

  /** Ends every execution and session, every process and folder. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#closing.abort();
      this.#admission.close();
      await Promise.allSettled([...this.#running]);
      await this.sessions.closeAll();
      await (await this.#engine?.catch(() => undefined))?.close();
      await this.#temp.close();
    })();
    return this.#closed;
  }

  async #track<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) throw new Fault('CLOSED', 'the server is stopping');
    const running = work(signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

/** Engines are imported when they are chosen: a server that is only asked for its tools loads neither. */
async function chooseEngine(options: Options, temp: TempFolder, warn: (text: string) => void): Promise<Engine> {
  const cpython = async () => (await import('./cpython/engine.ts')).createCPythonEngine(options, temp);
  const pyodide = async () => (await import('./pyodide/engine.ts')).createPyodideEngine(options);
  if (options.engine === 'cpython') return cpython();
  if (options.engine === 'pyodide') return pyodide();
  try {
    return await cpython();
  } catch (missing) {
    if (!(missing instanceof Fault)) throw missing;
    try {
      const embedded = await pyodide();
      warn(`${missing.message}; using the embedded Python (${embedded.label}): ${missing.hint}`);
      return embedded;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Fault(
        missing.code,
        `${missing.message}; and the embedded Python did not start: ${reason}`,
        missing.hint,
      );
    }
  }
}
