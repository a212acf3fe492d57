import { type Fault, fault } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import type { CallLog } from '#plugins/call-log/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { ExecuteBody, Executor, Outcome } from './execute.ts';
import { keptOutcome, outcomeOf } from './kept-outcome.ts';

export interface KeyedCallsParts {
  readonly registry: ToolRegistry;
  readonly executor: Executor;
  /** Not there where the pipeline has no `call-log`. */
  readonly calls: CallLog | undefined;
}

export interface KeyedOutcome extends Outcome {
  /** It is that of an earlier request with this key. */
  readonly replayed: boolean;
}

/** A request with a key whose call has not ended; of those with the same one, the first runs it and the others joined. */
interface Running {
  readonly name: string;
  readonly ending: AbortController;
  readonly done: Promise<KeyedOutcome>;
}
export type RunningCalls = Set<Running>;

/**
 * Calls with a key: the same key again is the same call. They go on when their client goes away, so that it can come back
 * for the outcome; `cancel` ends them.
 */
export class KeyedCalls {
  readonly #parts: KeyedCallsParts;
  /** Those of a version that was swapped out are among them. */
  #running: RunningCalls = new Set();
  readonly #mine: RunningCalls = new Set();

  constructor(parts: KeyedCallsParts) {
    this.#parts = parts;
  }

  get running(): RunningCalls {
    return this.#running;
  }
  adopt(running: RunningCalls): void {
    for (const call of this.#running) running.add(call);
    this.#running = running;
  }

  /** Faults: those of the call log, and KEYS_ABSENT. Rejects with the signal's reason when the client goes away; the call goes on. */
  run(key: string, id: string, body: ExecuteBody, principal: Principal, signal: AbortSignal): Promise<KeyedOutcome> {
    const { calls } = this.#parts;
    if (calls === undefined)
      throw fault('KEYS_ABSENT', 'calls with a key cannot be kept here', {
        kind: 'unavailable',
        hint: 'add call-log to the pipeline, or send no Idempotency-Key',
      });
    const ending = new AbortController();
    const done = this.#once(calls, key, id, body, principal, ending.signal);
    const call: Running = { name: nameOf(key, principal), ending, done };
    const running = this.#running.add(call);
    this.#mine.add(call);
    const end = (): void => {
      running.delete(call);
      this.#mine.delete(call);
    };
    done.then(end, end);
    return unlessGone(done, signal);
  }

  /** False where no such call runs. */
  cancel(key: string, principal: Principal): boolean {
    const name = nameOf(key, principal);
    const found = [...this.#running].filter((call) => call.name === name);
    for (const { ending } of found)
      ending.abort(fault('CALL_CANCELLED', 'the call was cancelled', { kind: 'cancelled' }));
    return found.length > 0;
  }

  /** Ends what runs, and waits for it. */
  async stop(): Promise<void> {
    const mine = [...this.#mine];
    for (const { ending } of mine) ending.abort(stopping());
    await Promise.allSettled(mine.map(({ done }) => done));
  }

  async #once(
    calls: CallLog,
    key: string,
    id: string,
    body: ExecuteBody,
    principal: Principal,
    signal: AbortSignal,
  ): Promise<KeyedOutcome> {
    const { executor } = this.#parts;
    const { outcome, isReplayed } = await calls.once({
      principal: principal.id,
      key,
      asked: JSON.stringify([id, body.action ?? null]),
      tool: this.#known(id, body.action),
      args: body.parameters,
      session: body.context?.session_id,
      signal,
      find: () => executor.find(id, body.action, signal),
      run: async (tool) => keptOutcome(await executor.call(tool, body, principal, signal)),
    });
    return { ...outcomeOf(outcome, isReplayed), replayed: isReplayed };
  }

  #known(id: string, action: string | undefined): string | undefined {
    try {
      return this.#parts.registry.resolve(id, action).id;
    } catch {
      return undefined;
    }
  }
}

const nameOf = (key: string, { id }: Principal): string => JSON.stringify([id, key]);

function unlessGone<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(signal.reason);
    if (signal.aborted) gone();
    signal.addEventListener('abort', gone, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', gone));
  });
}

const stopping = (): Fault => fault('CALL_CANCELLED', 'the server is stopping', { kind: 'unavailable' });
