import { isFault, type Log, reason } from '#kernel';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import type { CallLog, KeyedCall, KeyedOutcome } from './api.ts';
import { askedOf, isSame } from './asked.ts';
import type { Asked, CallPlace, CallTable, KeptCall } from './call-table.ts';
import { reused, uncertain } from './faults.ts';
import { keptFault, keptResult, replayed } from './kept-outcome.ts';
import { isHarmless, isRepeatable } from './repeatable.ts';

interface Running {
  readonly asked: Asked;
  /** Of whoever began it. */
  readonly signal: AbortSignal;
  readonly done: Promise<KeyedOutcome<unknown>>;
}
export type RunningCalls = Map<string, Running>;

export class OnceLog implements CallLog {
  readonly #table: CallTable;
  readonly #registry: ToolRegistry;
  readonly #log: Log;
  /** By principal and key. Every version of the plugin works on the same map: a call ends in the one that it began in. */
  #running: RunningCalls = new Map();

  constructor(table: CallTable, registry: ToolRegistry, log: Log) {
    this.#table = table;
    this.#registry = registry;
    this.#log = log;
  }

  get running(): RunningCalls {
    return this.#running;
  }
  adopt(running: RunningCalls): void {
    this.#running = running;
  }

  async once<T>(call: KeyedCall<T>): Promise<KeyedOutcome<T>> {
    const { signal } = call;
    const place: CallPlace = { principal: call.principal, key: call.key };
    const name = JSON.stringify([place.principal, place.key]);
    const asked = askedOf(call);
    for (;;) {
      signal.throwIfAborted();
      const running = this.#running.get(name);
      if (running === undefined) return this.#start(name, call, place, asked);
      if (!isSame(running.asked, asked)) throw reused(place.key);
      try {
        const { outcome } = await unlessAborted(running.done, signal);
        return { outcome: outcome as T, isReplayed: true };
      } catch (error) {
        // Whoever began it did not want it any more; what the table has of it decides.
        if (!running.signal.aborted) throw error;
      }
    }
  }

  /** Nothing is awaited before the call is among those that run, so that of several at once one begins. */
  #start<T>(name: string, call: KeyedCall<T>, place: CallPlace, asked: Asked): Promise<KeyedOutcome<T>> {
    const running = this.#running;
    const done = this.#once(call, place, asked)
      .catch((error: unknown) => {
        call.signal.throwIfAborted();
        throw error;
      })
      .finally(() => running.delete(name));
    running.set(name, { asked, signal: call.signal, done });
    return done;
  }

  async #once<T>(call: KeyedCall<T>, place: CallPlace, asked: Asked): Promise<KeyedOutcome<T>> {
    const kept = await this.#table.read(place);
    if (kept !== undefined) return this.#again(call, place, asked, kept);
    const tool = await this.#find(call);
    call.signal.throwIfAborted();
    // What follows may have an effect, so that it was begun must outlive us.
    if (await this.#table.begin(place, asked, tool.id)) {
      if (!call.signal.aborted) return this.#run(call, place, tool);
      await this.#keep(tool, this.#table.forget(place));
      throw call.signal.reason;
    }
    const other = await this.#table.read(place);
    if (other === undefined) throw uncertain(place.key, tool.id);
    return this.#again(call, place, asked, other);
  }

  async #again<T>(call: KeyedCall<T>, place: CallPlace, asked: Asked, kept: KeptCall): Promise<KeyedOutcome<T>> {
    if (!isSame(kept, asked)) throw reused(place.key);
    if (kept.doneAt !== undefined) return { outcome: replayed<T>(kept), isReplayed: true };
    const tool = await this.#find(call).catch(() => undefined);
    call.signal.throwIfAborted();
    if (tool?.id !== kept.tool || !isRepeatable(tool)) throw uncertain(place.key, kept.tool);
    return this.#run(call, place, tool);
  }

  async #find(call: KeyedCall<unknown>): Promise<Tool> {
    const tool = await call.find();
    this.#registry.validate(tool, call.args);
    return tool;
  }

  async #run<T>(call: KeyedCall<T>, place: CallPlace, tool: Tool): Promise<KeyedOutcome<T>> {
    let outcome: T;
    try {
      outcome = await call.run(tool);
    } catch (error) {
      if (isFault(error) && !call.signal.aborted) {
        const isFree = isHarmless(error, tool, this.#registry.snapshot);
        await this.#keep(tool, isFree ? this.#table.forget(place) : this.#table.finish(place, keptFault(error)));
      }
      throw error;
    }
    await this.#keep(tool, this.#table.finish(place, keptResult(outcome)));
    return { outcome, isReplayed: false };
  }

  /** A call goes on, and its caller is told how it ended, also where that cannot be kept. */
  #keep(tool: Tool, work: Promise<void>): Promise<void> {
    return work.catch((error) =>
      this.#log.error('The outcome of a call was not kept: its key answers CALL_UNCERTAIN.', {
        tool: tool.id,
        reason: reason(error),
      }),
    );
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
