import { createHash } from 'node:crypto';
import { type Fault, fault, isFault, type Log, reason } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import type { Asked, CallLog, CallPlace, KeptCall } from './call-log.ts';
import type { ExecuteBody, Executor, Outcome } from './execute.ts';
import { keptFault, keptResult, replayed } from './kept-outcome.ts';
import { executed } from './result.ts';

export interface KeyedCallsParts {
  readonly log: Log;
  readonly registry: ToolRegistry;
  readonly executor: Executor;
  /** Not there where the pipeline has no storage. */
  readonly calls: CallLog | undefined;
}

export interface KeyedOutcome extends Outcome {
  /** It is that of an earlier request with this key. */
  readonly replayed: boolean;
}

interface Running {
  readonly asked: Asked;
  readonly ending: AbortController;
  readonly done: Promise<KeyedOutcome>;
}
export type RunningCalls = Map<string, Running>;

/**
 * Calls with a key: the same key again is the same call. They go on when their client goes away, so that it can come back
 * for the outcome; `cancel` ends them.
 */
export class KeyedCalls {
  readonly #parts: KeyedCallsParts;
  /** Those of a version that was swapped out are among them. */
  #running: RunningCalls = new Map();
  readonly #mine = new Set<Running>();
  #isStopping = false;

  constructor(parts: KeyedCallsParts) {
    this.#parts = parts;
  }

  get running(): RunningCalls {
    return this.#running;
  }
  adopt(running: RunningCalls): void {
    for (const [place, call] of this.#running) running.set(place, call);
    this.#running = running;
  }

  /**
   * Faults, besides those of the call: KEYS_ABSENT, KEY_REUSED, CALL_UNCERTAIN, CALL_NOT_KEPT. Rejects with the signal's
   * reason when the client goes away; the call goes on.
   */
  run(key: string, id: string, body: ExecuteBody, principal: Principal, signal: AbortSignal): Promise<KeyedOutcome> {
    const { calls } = this.#parts;
    if (calls === undefined)
      throw fault('KEYS_ABSENT', 'calls with a key cannot be kept here', {
        kind: 'unavailable',
        hint: 'add storage to the pipeline, or send no Idempotency-Key',
      });
    const place: CallPlace = { principal: principal.id, key };
    const asked: Asked = { asked: JSON.stringify([id, body.action ?? null]), arguments: digest(body) };
    const name = nameOf(place);
    const running = this.#running.get(name);
    if (running !== undefined) {
      if (running.asked.arguments !== asked.arguments || running.asked.asked !== asked.asked) throw reused(key);
      return unlessGone(
        running.done.then((outcome) => ({ ...outcome, replayed: true })),
        signal,
      );
    }
    const ending = new AbortController();
    const done = this.#once(calls, place, asked, { id, body, principal, signal: ending.signal });
    const call: Running = { asked, ending, done };
    this.#running.set(name, call);
    this.#mine.add(call);
    const end = (): void => {
      this.#running.delete(name);
      this.#mine.delete(call);
    };
    done.then(end, end);
    return unlessGone(done, signal);
  }

  /** False where no such call runs. */
  cancel(key: string, principal: Principal): boolean {
    const running = this.#running.get(nameOf({ principal: principal.id, key }));
    running?.ending.abort(fault('CALL_CANCELLED', 'the call was cancelled', { kind: 'cancelled' }));
    return running !== undefined;
  }

  /** Ends what runs, and waits for it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const mine = [...this.#mine];
    for (const { ending } of mine) ending.abort();
    await Promise.allSettled(mine.map(({ done }) => done));
  }

  async #once(calls: CallLog, place: CallPlace, asked: Asked, request: Request): Promise<KeyedOutcome> {
    const { registry, executor } = this.#parts;
    const { id, body, signal } = request;
    const kept = await calls.read(place);
    if (kept !== undefined) return this.#again(calls, place, kept, asked, request);
    const tool = await executor.find(id, body.action, signal);
    registry.validate(tool, body.parameters);
    // What follows may have an effect, so that it was begun must outlive us.
    if (await calls.begin(place, asked, tool.id)) return this.#execute(calls, place, tool, request);
    const other = await calls.read(place);
    if (other === undefined) throw uncertain(place.key, tool.id);
    return this.#again(calls, place, other, asked, request);
  }

  async #again(
    calls: CallLog,
    place: CallPlace,
    kept: KeptCall,
    asked: Asked,
    request: Request,
  ): Promise<KeyedOutcome> {
    const { executor } = this.#parts;
    const { id, body, signal } = request;
    const isSame =
      kept.arguments === asked.arguments && (kept.asked === asked.asked || this.#isTool(kept.tool, request));
    if (!isSame) throw reused(place.key);
    if (kept.doneAt !== undefined) return { ...replayed(kept), replayed: true };
    const tool = await executor.find(id, body.action, signal).catch(() => undefined);
    if (tool === undefined || !isRepeatable(tool)) throw uncertain(place.key, kept.tool);
    return this.#execute(calls, place, tool, request);
  }

  async #execute(calls: CallLog, place: CallPlace, tool: Tool, request: Request): Promise<KeyedOutcome> {
    const { executor, log } = this.#parts;
    const { body, principal, signal } = request;
    // A call goes on, and its caller is told how it ended, also where that cannot be kept.
    const keep = (work: Promise<void>): Promise<void> =>
      work.catch((error) =>
        log.error('The outcome of a call was not kept: its key answers CALL_UNCERTAIN.', {
          tool: tool.id,
          reason: reason(error),
        }),
      );
    try {
      const called = await executor.call(tool, body, principal, signal);
      await keep(calls.finish(place, keptResult(called)));
      const { tool: of, text, result, facts } = called;
      return { text, body: executed(of, result, facts), replayed: false };
    } catch (error) {
      if (signal.aborted) throw this.#isStopping ? stopping() : error;
      if (isFault(error)) {
        if (this.#isHarmless(error, tool)) await keep(calls.forget(place));
        else await keep(calls.finish(place, keptFault(error)));
      }
      throw error;
    }
  }

  /** It was not sent, or may be sent again. */
  #isHarmless({ code, kind }: Fault, tool: Tool): boolean {
    if (kind !== 'unavailable' && kind !== 'timeout') return false;
    if (isRepeatable(tool)) return true;
    // A server behind HTTP may have worked on what a proxy then called unavailable.
    const launches = this.#parts.registry.snapshot.servers.get(tool.server)?.spec.launches ?? [];
    return code === 'SERVER_UNAVAILABLE' && launches.every((launch) => launch.kind !== 'http' && launch.kind !== 'sse');
  }

  #isTool(known: string, { id, body }: Request): boolean {
    try {
      return this.#parts.registry.resolve(id, body.action).id === known;
    } catch {
      return false;
    }
  }
}

interface Request {
  readonly id: string;
  readonly body: ExecuteBody;
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

const nameOf = ({ principal, key }: CallPlace): string => JSON.stringify([principal, key]);

/** MCP's hints; a server that says nothing promises nothing. */
const isRepeatable = ({ definition: { annotations } }: Tool): boolean =>
  annotations?.idempotentHint === true || annotations?.readOnlyHint === true;

const digest = ({ parameters, context }: ExecuteBody): string =>
  createHash('sha256')
    .update(JSON.stringify([sorted(parameters), context?.session_id ?? null]))
    .digest('base64url');

/** The order of members makes no difference. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // As a list: a member named `__proto__` would vanish from an object.
  return { o: entries.map(([name, member]) => [name, sorted(member)]) };
}

function unlessGone<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(signal.reason);
    if (signal.aborted) gone();
    signal.addEventListener('abort', gone, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', gone));
  });
}

const reused = (key: string): Fault =>
  fault('KEY_REUSED', `the key "${key}" was used for another tool or other arguments`, {
    kind: 'conflict',
    hint: 'a key names one call: take a new one for another',
  });

const uncertain = (key: string, tool: string): Fault =>
  fault(
    'CALL_UNCERTAIN',
    `the call "${key}" of ${tool} was begun and may have had its effect; how it ended is not known`,
    {
      kind: 'conflict',
      hint: 'look whether it had its effect, then call with a new key where it had not',
      data: { tool },
    },
  );

const stopping = (): Fault => fault('CALL_CANCELLED', 'the server is stopping', { kind: 'unavailable' });
