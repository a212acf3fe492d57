import { type Token, token } from '#kernel';
import type { Tool } from '#plugins/tool-registry/api';

/** Calls with a key: the same key again is the same call, also over restarts. */
export interface CallLog {
  /**
   * Runs the call, or answers with what it came to before: joins it where it runs, and replays it where it has ended, as a
   * fault where it ended with one (`data.replayed`). That it begins is on disk before `run`, its outcome before this resolves.
   *
   * Faults, besides those of `find` and `run` and ARGUMENTS_INVALID: KEY_REUSED (`conflict`, it was used for another call),
   * CALL_UNCERTAIN (`conflict`, it was begun, nobody knows how it ended, and its tool does not say that repeating is no harm),
   * CALL_NOT_KEPT (`conflict`, it has ended, and its outcome was too large). Rejects with the signal's reason when aborted.
   */
  once<T>(call: KeyedCall<T>): Promise<KeyedOutcome<T>>;
}

/** `T` is plain JSON: what an earlier call returned comes back as it was written. */
export interface KeyedCall<T> {
  /** Whose key it is: others may use the same one. */
  readonly principal: string;
  readonly key: string;
  /** The tool as the caller names it. */
  readonly asked: string;
  /** Its id, where that is known at once: another spelling of the same tool is the same call. */
  readonly tool?: string | undefined;
  /** The order of members makes no difference. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly session?: string | undefined;
  /** Ends the call, or, of a call that was joined, the wait for it. A call that it ends is uncertain afterwards. */
  readonly signal: AbortSignal;
  /** The tool as it is now. Where it rejects, nothing is begun and the key stays free. */
  find(): Tool | Promise<Tool>;
  /** Called at most once. Faults are kept as outcomes, but for those that leave the key free; other errors leave it uncertain. */
  run(tool: Tool): Promise<T>;
}

export interface KeyedOutcome<T> {
  readonly outcome: T;
  /** It is that of an earlier call with this key, or of one that was joined. */
  readonly isReplayed: boolean;
}

export const CALL_LOG: Token<CallLog> = token<CallLog>('call.log');
