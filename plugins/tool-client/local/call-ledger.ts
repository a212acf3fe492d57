import { createHash } from 'node:crypto';
import { type Log, reason } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import type { PlaneOutcome } from '../api.ts';
import type { ToolClientConfig } from '../config.ts';
import { failedOutcome } from '../outcome.ts';
import { MIGRATIONS } from './tables.ts';

/** One call as it is asked for under a key. */
export interface KeyedCall {
  readonly key: string;
  /** Id, or the name as it was given where no such tool is known. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly session?: string | undefined;
  readonly isKnown: boolean;
  /** By its annotations: doing it twice is no harm. */
  readonly isRepeatable: boolean;
  readonly signal: AbortSignal;
  /** `isUnsent`: it failed before anything reached the tool. Rejects where it was aborted. */
  run(): Promise<{ readonly outcome: PlaneOutcome; readonly isUnsent: boolean }>;
}
interface Row {
  readonly tool: string;
  readonly arguments: string;
  readonly done_at: number | null;
  readonly outcome: string | null;
  readonly [column: string]: unknown;
}
interface Running {
  readonly tool: string;
  readonly digest: string;
  readonly done: Promise<PlaneOutcome | undefined>;
}

const SWEEP_EVERY = 200;

/** Holds calls with a key to once, also over restarts: that a call begins is on disk before it does. */
export class CallLedger {
  readonly #storage: Storage;
  readonly #limits: ToolClientConfig['calls'];
  readonly #log: Log;
  readonly #running = new Map<string, Running>();
  #begun = 0;

  constructor(storage: Storage, limits: ToolClientConfig['calls'], log: Log) {
    this.#storage = storage;
    this.#limits = limits;
    this.#log = log;
  }

  async prepare(): Promise<void> {
    await this.#storage.migrate('tool_client', MIGRATIONS);
    await this.#sweep();
  }

  /** Undefined where the tool is not known and neither is the key. Rejects with the signal's reason. */
  async once(call: KeyedCall): Promise<PlaneOutcome | undefined> {
    const digest = digestOf(call);
    const running = this.#running.get(call.key);
    if (running !== undefined) {
      if (running.digest !== digest || (call.isKnown && running.tool !== call.tool)) return reused(call);
      const outcome = await unlessAborted(running.done, call.signal);
      return outcome ?? uncertain(call);
    }
    const done = this.#once(call, digest);
    // Who joins hears of an abort of the first that its end is not known.
    const shared = done.catch(() => undefined);
    this.#running.set(call.key, { tool: call.tool, digest, done: shared });
    try {
      return await done;
    } finally {
      this.#running.delete(call.key);
    }
  }

  async #once(call: KeyedCall, digest: string): Promise<PlaneOutcome | undefined> {
    const row = await this.#storage.get<Row>(
      'SELECT tool, arguments, done_at, outcome FROM tool_client_calls WHERE call_key = ?',
      [call.key],
    );
    if (row !== undefined) {
      if (row.arguments !== digest || (call.isKnown && row.tool !== call.tool)) return reused(call);
      if (row.done_at !== null) return row.outcome === null ? notKept(call) : (JSON.parse(row.outcome) as PlaneOutcome);
      if (!call.isKnown || !call.isRepeatable) return uncertain(call);
    } else {
      if (!call.isKnown) return undefined;
      const rows = await this.#storage.run(
        `INSERT INTO tool_client_calls (call_key, tool, arguments, begun_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (call_key) DO NOTHING`,
        [call.key, call.tool, digest, Date.now()],
      );
      if (rows === 0) return uncertain(call);
    }
    call.signal.throwIfAborted();
    const { outcome, isUnsent } = await call.run();
    await this.#end(call, outcome, isUnsent);
    return outcome;
  }

  async #end(call: KeyedCall, outcome: PlaneOutcome, isUnsent: boolean): Promise<void> {
    const text = JSON.stringify(outcome);
    try {
      if (isUnsent || (outcome.isInfrastructure && call.isRepeatable))
        await this.#storage.run('DELETE FROM tool_client_calls WHERE call_key = ?', [call.key]);
      else
        await this.#storage.run('UPDATE tool_client_calls SET done_at = ?, outcome = ? WHERE call_key = ?', [
          Date.now(),
          Buffer.byteLength(text) <= this.#limits.maxOutcomeBytes ? text : null,
          call.key,
        ]);
      if (++this.#begun % SWEEP_EVERY === 0) await this.#sweep();
    } catch (error) {
      this.#log.error('The outcome of a call was not kept: its key answers CALL_UNCERTAIN.', {
        tool: call.tool,
        reason: reason(error),
      });
    }
  }

  async #sweep(): Promise<void> {
    const { keepMs, maxCalls } = this.#limits;
    await this.#storage.run('DELETE FROM tool_client_calls WHERE begun_at < ?', [Date.now() - keepMs]);
    await this.#storage.run(
      `DELETE FROM tool_client_calls WHERE done_at IS NOT NULL AND begun_at <= (
         SELECT begun_at FROM tool_client_calls ORDER BY begun_at DESC LIMIT 1 OFFSET ?)`,
      [maxCalls],
    );
  }
}

const digestOf = ({ args, session }: KeyedCall): string =>
  createHash('sha256')
    .update(JSON.stringify([sorted(args), session ?? null]))
    .digest('base64url');

/** The order of members makes no difference. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { o: entries.map(([name, member]) => [name, sorted(member)]) };
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const reused = ({ key }: KeyedCall): PlaneOutcome =>
  failedOutcome(
    {
      code: 'KEY_REUSED',
      message: `the key "${key}" was used for another tool or other arguments`,
      kind: 'conflict',
      hint: 'a key names one call: take a new one for another',
    },
    0,
  );

const uncertain = ({ key, tool }: KeyedCall): PlaneOutcome =>
  failedOutcome(
    {
      code: 'CALL_UNCERTAIN',
      message: `the call "${key}" of ${tool} was begun and may have had its effect; how it ended is not known`,
      kind: 'conflict',
      hint: 'look whether it had its effect, then call with a new key where it had not',
    },
    0,
  );

const notKept = ({ tool }: KeyedCall): PlaneOutcome =>
  failedOutcome(
    {
      code: 'CALL_NOT_KEPT',
      message: `this call of ${tool} has ended; its outcome was too large to be kept`,
      kind: 'conflict',
    },
    0,
  );
