import { isFault, nearest, reason } from '#kernel';
import type { Context, ToolPart } from '#plugins/context/api';
import type { ToolPlane } from '#plugins/tool-client/api';
import type { Guard } from './api.ts';
import type { AgentRuntimeConfig } from './config.ts';
import { digest } from './digest.ts';
import type { Emit } from './emit.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { Journal, RecordedCall } from './journal.ts';
import { failed, type Observation, observe } from './observation.ts';
import type { OwnTool } from './own-tools/own-tool.ts';
import type { PermissionGate } from './permission-gate.ts';
import { shortened } from './shortened.ts';
import { isStop } from './stop-run.ts';
import { type ToolLimits, Turns } from './tool-limits.ts';

export interface ToolExecutorParts {
  readonly run: string;
  readonly plane: ToolPlane;
  readonly own: () => ReadonlyMap<string, OwnTool>;
  readonly gate: PermissionGate | undefined;
  readonly guard: Guard;
  readonly limits: ToolLimits;
  readonly context: Context;
  readonly memory: ExecutionContext;
  readonly journal: Journal;
  readonly config: AgentRuntimeConfig;
  readonly emit: Emit;
  /** How often each tool was called before a restart. */
  readonly made: ReadonlyMap<string, number>;
}

/** A call of the model, read. */
export interface Call extends RecordedCall {
  /** Why its arguments could not be read. */
  readonly problem?: string;
  /** They were not recorded as they were: nobody knows what was called. */
  readonly isMasked?: boolean;
}
export interface Executed {
  readonly call: Call;
  readonly observation: Observation;
  readonly durationMs: number;
  readonly poll: boolean;
  /** Answered here, without the tool. */
  readonly isWithheld: boolean;
}

interface Outcome {
  readonly observation: Observation;
  readonly poll?: boolean;
  readonly isWithheld?: boolean;
}

/** Executes the calls of one answer, at once as far as the limits allow. Each has an answer, whatever happens to it. */
export class ToolExecutor {
  readonly #parts: ToolExecutorParts;
  readonly #turns: Turns;
  readonly #made: Map<string, number>;

  constructor(parts: ToolExecutorParts) {
    this.#parts = parts;
    this.#turns = new Turns(parts.config.maxParallelCalls);
    this.#made = new Map(parts.made);
  }

  /** In the order of the calls. Rejects with StopRun or the signal's reason, once every other call has ended. */
  async execute(calls: readonly Call[], done: (executed: Executed) => void, signal: AbortSignal): Promise<void> {
    const { maxCallsPerStep } = this.#parts.config;
    await this.#durable(calls);
    const ended = await Promise.allSettled(
      calls.map(async (call, at) => {
        const executed = at < maxCallsPerStep ? await this.#one(call, signal) : this.#tooMany(call);
        done(executed);
      }),
    );
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  /** What was decided is on disk before it has an effect: after a kill the same calls go out again under the same keys. */
  async #durable(calls: readonly Call[]): Promise<void> {
    const { plane, own, journal } = this.#parts;
    const isHarmless = ({ tool }: Call): boolean => own().has(tool) || plane.view.tools.get(tool)?.readOnly === true;
    if (!calls.every(isHarmless)) await journal.settled();
  }

  async #one(call: Call, signal: AbortSignal): Promise<Executed> {
    const { journal, emit, memory, context, config } = this.#parts;
    const began = performance.now();
    emit({ type: 'call', call: call.call, tool: call.tool, args: call.args });
    const { observation, poll = false, isWithheld = false } = await this.#answered(call, signal);
    const durationMs = performance.now() - began;
    const noted = memory.noted(call.tool, observation);
    journal.ended(call, noted, durationMs);
    const text = await shortened(noted.text, config.maxOutputCharacters, context);
    const shown = { ...noted, text };
    const summary = noted.text.slice(0, 200);
    emit({ type: 'result', call: call.call, tool: call.tool, ok: !noted.isError, summary, durationMs });
    return { call, observation: shown, durationMs, poll, isWithheld };
  }

  /** Whatever is thrown on the way, the call has an answer; only what ends the run goes on. */
  async #answered(call: Call, signal: AbortSignal): Promise<Outcome> {
    try {
      return await this.#outcome(call, signal);
    } catch (error) {
      if (signal.aborted || isStop(error) || (isFault(error) && error.code === 'TRAJECTORY_NOT_SAVED')) throw error;
      return { observation: failed(`The call failed: ${reason(error)}`, isFault(error) ? error.code : 'INTERNAL') };
    }
  }

  async #outcome(call: Call, signal: AbortSignal): Promise<Outcome> {
    const { own, guard } = this.#parts;
    if (call.problem !== undefined)
      return {
        observation: failed(
          `The arguments could not be read: ${call.problem}. Send them again as one JSON object.`,
          'ARGUMENTS_UNREADABLE',
        ),
      };
    if (call.isMasked)
      return {
        observation: failed(
          'This call was cut off. Its arguments held a secret, which is not recorded, so it is not made again; it may have had its effect. Look, and call it anew where it had not.',
          'CALL_UNCERTAIN',
        ),
      };
    const before = guard.before(call.tool, call.args);
    if (before.verdict === 'stop')
      return {
        observation: failed(before.message ?? 'This call was made before, with the same result.', 'LOOP'),
        isWithheld: true,
      };
    const mine = own().get(call.tool);
    if (mine !== undefined) {
      this.#parts.journal.begun(call);
      return { observation: await mine.call(call.args, { call: call.call, signal }) };
    }
    return this.#onPlane(call, signal);
  }

  async #onPlane(call: Call, signal: AbortSignal): Promise<Outcome> {
    const { run, plane, own, gate, limits, journal, config } = this.#parts;
    const tool = plane.view.tools.get(call.tool);
    if (tool === undefined) {
      const near = nearest(call.tool, [...own().keys(), ...plane.view.tools.keys()], 5);
      const there = near.length > 0 ? ` There is: ${near.join(', ')}.` : '';
      return { observation: failed(`There is no tool "${call.tool}" now.${there}`, 'TOOL_UNKNOWN') };
    }
    const refusal = await gate?.refusal(tool, call.args, call.call, signal);
    if (refusal !== undefined) return { observation: refusal };
    const limit = limits.of(tool.id);
    const made = (this.#made.get(tool.name) ?? 0) + 1;
    if (made > limit.maxCalls)
      return {
        observation: failed(`${tool.id} may be called ${limit.maxCalls} times in a task, and was.`, 'TOOL_CALLS_SPENT'),
      };
    this.#made.set(tool.name, made);
    const ours = await this.#turns.take(signal);
    try {
      const its = await limit.turn(signal);
      try {
        journal.begun(call);
        // Whatever a model calls its calls: a key travels in a header.
        const key = `${run}/${digest(call.call)}`;
        const outcome = await plane.call(tool.name, call.args, {
          signal,
          timeoutMs: limit.timeoutMs,
          key,
          session: run,
        });
        const keeping = { dir: config.artifactDir, maxBytes: config.maxArtifactBytes };
        return { observation: await observe(outcome, keeping), poll: limit.poll };
      } finally {
        its();
      }
    } finally {
      ours();
    }
  }

  #tooMany(call: Call): Executed {
    const { maxCallsPerStep } = this.#parts.config;
    const observation = failed(
      `More than ${maxCallsPerStep} calls in one reply: this one was not made.`,
      'STEP_CALLS_SPENT',
    );
    this.#parts.journal.ended(call, observation, 0);
    return { call, observation, durationMs: 0, poll: false, isWithheld: true };
  }
}

/** The part of a message that a finished call becomes. */
export const answered = (part: ToolPart, { observation, durationMs }: Executed): ToolPart => ({
  ...part,
  state: observation.isError ? 'error' : 'done',
  output: observation.text,
  startedAt: Date.now() - Math.round(durationMs),
  endedAt: Date.now(),
});
