import type { Message } from '#plugins/context/api';
import type { ChatAnswer, Spending } from '#plugins/llm/api';
import type { Recording, RunEnd } from '#plugins/trajectory/api';
import { digest } from './digest.ts';
import type { Observation } from './observation.ts';

/** A call as it is recorded. */
export interface RecordedCall {
  readonly call: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What of the run itself is kept besides messages and calls, by `what`. */
export interface StateRecords {
  readonly plan: { readonly steps: readonly PlanStep[] };
  readonly fact: { readonly fact: string };
  readonly skill: { readonly name: string };
  readonly protocol: { readonly name: string };
  readonly allowed: { readonly tool: string; readonly rule: string };
  readonly wait: { readonly call: string; readonly for: string; readonly until: number; readonly id?: string };
  readonly woken: { readonly call: string; readonly by: string };
  readonly permission: {
    readonly call: string;
    readonly tool: string;
    readonly rule: string;
    readonly verdict: string;
  };
  readonly compression: {
    readonly strategy: string;
    readonly before: number;
    readonly after: number;
    readonly taken: boolean;
  };
  readonly tools: { readonly version: number; readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly loop: { readonly verdict: string; readonly kind: string };
  readonly failed: { readonly code: string; readonly message: string };
  readonly delegated: { readonly call: string; readonly run: string; readonly steps: number; readonly spent: Spending };
  readonly resumed: Readonly<Record<never, never>>;
}
/** An answer of the model, with all that was spent on it (retries and summaries too), and the time that the run used so far. */
export interface Said {
  readonly answer: ChatAnswer;
  readonly spent: Spending;
  readonly usedMs: number;
}
export interface PlanStep {
  readonly goal: string;
  readonly status: 'open' | 'doing' | 'done' | 'dropped';
}

/** Writes one run into its trajectory. Nothing here waits, but `settled`. */
export class Journal {
  readonly #recording: Recording;
  #turn: number;

  constructor(recording: Recording, turn: number) {
    this.#recording = recording;
    this.#turn = turn;
  }

  begin(turn: number): void {
    this.#turn = turn;
  }

  message(message: Message, said?: Said): void {
    const { answer, spent, usedMs } = said ?? {};
    const { model, durationMs } = answer ?? {};
    // The record masks secrets, and masked arguments must not be sent: by this it is known whether they are.
    const calls = message.parts.flatMap((part) => (part.type === 'tool' ? [[part.call, digest(part.args)]] : []));
    const input = {
      ...(spent !== undefined && { spent, used_ms: usedMs }),
      ...(calls.length > 0 && { digests: Object.fromEntries(calls) }),
    };
    this.#step('message', {
      output: message,
      ...(Object.keys(input).length > 0 && { input }),
      ...(durationMs !== undefined && { durationMs }),
      ...(spent !== undefined && {
        llm: {
          model: model!,
          inputTokens: spent.input,
          outputTokens: spent.output,
          ...(spent.cacheRead > 0 && { cacheReadTokens: spent.cacheRead }),
          ...(spent.unpriced === 0 && { usd: spent.usd }),
        },
      }),
    });
    for (const part of message.parts)
      if (part.type === 'reasoning' && part.text !== '') this.#step('thought', { output: part.text });
  }

  /** Why this tool: what the model said before it called. */
  selected({ tool, call }: RecordedCall, reasoning: string, offered: number): void {
    const server = /^(.*?)(?:\/|__)/.exec(tool)?.[1];
    if (server !== undefined)
      this.#step('toolkit_selection', { input: { call }, output: { selected_toolkit: server }, success: true });
    const output = { selected_tool: tool, selection_reasoning: reasoning };
    this.#step('tool_selection', { input: { call, available_tools: offered }, output, success: true });
  }

  begun(call: RecordedCall): void {
    this.#step('tool_execution', { input: { ...call }, phase: 'begun' });
  }

  ended(call: RecordedCall, { text, isError, code, artifacts }: Observation, durationMs: number): void {
    this.#step('tool_execution', {
      input: { ...call },
      output: { text, ...(code !== undefined && { code }), ...(artifacts.length > 0 && { artifacts }) },
      success: !isError,
      durationMs,
      phase: 'ended',
    });
  }

  planned(steps: readonly PlanStep[], scenario: string | undefined): void {
    if (scenario !== undefined)
      this.#step('scenario_identification', { output: { identified_scenario: scenario }, success: true });
    this.#step('task_decomposition', { output: { subtasks: steps.map(({ goal }) => goal) }, success: true });
    this.state('plan', { steps });
  }

  state<W extends keyof StateRecords>(what: W, data: StateRecords[W]): void {
    this.#step('state', { input: { what, ...data } });
  }

  settled(): Promise<void> {
    return this.#recording.settled();
  }
  finish(end: RunEnd): Promise<void> {
    return this.#recording.finish(end);
  }
  suspend(): Promise<void> {
    return this.#recording.suspend();
  }

  #step(
    kind: Parameters<Recording['step']>[0]['kind'],
    rest: Omit<Parameters<Recording['step']>[0], 'kind' | 'turn' | 'at'>,
  ): void {
    this.#recording.step({ kind, turn: this.#turn, at: Date.now(), ...rest });
  }
}
