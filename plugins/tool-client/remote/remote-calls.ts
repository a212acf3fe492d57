import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolResult } from '#plugins/tool-registry/api';
import type { PlaneCall, PlaneOutcome, PlaneTool } from '../api.ts';
import type { ToolClientConfig } from '../config.ts';
import { failedOutcome, resultOutcome } from '../outcome.ts';
import { type Answer, type HttpLine, WayFailure } from './http-line.ts';
import { isStarting, jsonIn, problemIn, unreachable } from './problem.ts';

/** The server ends a call at its limit; whoever hears nothing for longer has lost the server. */
const GRACE_MS = 5_000;
const CANCEL_MS = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

type Arguments = Readonly<Record<string, unknown>>;

/** Calls by way of the server's REST. */
export class RemoteCalls {
  readonly #line: HttpLine;
  readonly #config: ToolClientConfig;

  constructor(line: HttpLine, config: ToolClientConfig) {
    this.#line = line;
    this.#config = config;
  }

  /** `tool` is not there where the listing does not have it: then the server may still know the key. */
  async call(id: string, tool: PlaneTool | undefined, args: Arguments, options: PlaneCall): Promise<PlaneOutcome> {
    const { signal, key } = options;
    const begun = performance.now();
    const took = (): number => performance.now() - begun;
    const mayRepeat = key !== undefined || tool?.readOnly === true || tool?.idempotent === true;
    let wasSent = false;
    let until: number | undefined;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      let failure: WayFailure;
      try {
        const answer = await this.#send(id, args, options);
        const cut = cutOff(answer, mayRepeat);
        if (cut === undefined) return this.#outcome(answer, took());
        failure = cut;
      } catch (error) {
        if (signal.aborted || (error instanceof WayFailure && error.about === 'late')) this.#cancel(key);
        signal.throwIfAborted();
        if (!(error instanceof WayFailure)) throw error;
        failure = error;
      }
      const final = this.#final(failure, took());
      if (final !== undefined) return final;
      wasSent ||= failure.sent;
      until ??= Math.min(begun + this.#limitMs(options), performance.now() + this.#config.retryMs);
      const isOver = performance.now() + pause > until || (wasSent && !mayRepeat);
      if (isOver) return wasSent ? uncertain(id, failure, took()) : this.#unreachable(failure, took());
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) {
        if (wasSent) this.#cancel(key);
        signal.throwIfAborted();
      }
    }
  }

  #send(id: string, args: Arguments, { signal, timeoutMs, key, session }: PlaneCall): Promise<Answer> {
    const context = {
      ...(session !== undefined && { session_id: session }),
      ...(timeoutMs !== undefined && { timeout_ms: Math.max(1, Math.ceil(timeoutMs)) }),
    };
    return this.#line.ask({
      method: 'POST',
      path: `/api/v1/tools/execute/${encodeURIComponent(id)}?raw=true`,
      headers: key === undefined ? {} : { 'idempotency-key': key },
      body: { parameters: args, ...(Object.keys(context).length > 0 && { context }) },
      signal,
      timeoutMs: this.#limitMs({ timeoutMs }) + GRACE_MS,
      maxBytes: this.#config.maxResponseBytes,
    });
  }

  #limitMs({ timeoutMs }: { readonly timeoutMs?: number | undefined }): number {
    return timeoutMs ?? this.#config.callMs;
  }

  #outcome(answer: Answer, durationMs: number): PlaneOutcome {
    if (answer.status !== 200) return failedOutcome(problemIn(answer), durationMs);
    const result = jsonIn(answer.text);
    if (typeof result !== 'object' || result === null)
      return this.#unreachable('its answer is no result of a tool', durationMs);
    return resultOutcome(result as ToolResult, this.#config.maxOutputBytes, durationMs);
  }

  #final({ about, message }: WayFailure, durationMs: number): PlaneOutcome | undefined {
    if (about === 'large')
      return failedOutcome(
        { code: 'RESULT_TOO_LARGE', message, kind: 'too_large', hint: 'ask the tool for less' },
        durationMs,
      );
    if (about === 'late')
      return failedOutcome(
        { code: 'SERVER_TIMEOUT', message: `the tool server gave ${message}`, kind: 'timeout' },
        durationMs,
      );
    return undefined;
  }

  #unreachable(why: unknown, durationMs: number): PlaneOutcome {
    const { code, message, kind, hint } = unreachable(this.#line.url, why);
    return failedOutcome({ code, message, kind, hint }, durationMs);
  }

  /** A call with a key goes on when its connection ends, so it has to be told. */
  #cancel(key: string | undefined): void {
    if (key === undefined) return;
    const path = `/api/v1/calls/${encodeURIComponent(key)}`;
    this.#line.ask({ method: 'DELETE', path, timeoutMs: CANCEL_MS }).catch(() => undefined);
  }
}

/**
 * The server is not up yet and has begun nothing; or it stops and has ended the call, or what stands before it lost it:
 * the next one knows more.
 */
function cutOff(answer: Answer, mayRepeat: boolean): WayFailure | undefined {
  if (answer.status < 499) return undefined;
  const { code, message } = problemIn(answer);
  if (isStarting(answer)) return new WayFailure(message, false);
  return mayRepeat && (code === 'CALL_CANCELLED' || code === 'PLANE_UNREACHABLE')
    ? new WayFailure(message, true)
    : undefined;
}

const uncertain = (id: string, failure: WayFailure, durationMs: number): PlaneOutcome =>
  failedOutcome(
    {
      code: 'CALL_UNCERTAIN',
      message: `the tool server was lost while it worked on ${id} (${failure.message}): the call may have had its effect`,
      kind: 'unavailable',
      hint: 'look whether it had its effect before calling again',
    },
    durationMs,
  );
