import { type Token, token } from '#kernel';

/** Records every step of every run: append-only segments, group commit, large texts once by content hash, secrets masked. */
export interface Trajectories {
  /** Name of the folder where runs are, which moves with it: two processes that say the same share their runs. */
  readonly place: string;
  /** Begins a run; durable when it resolves. Fault TRAJECTORY_TAKEN where the id exists. */
  open(start: RunStart): Promise<Recording>;
  /**
   * Goes on with a run that was interrupted. Faults: TRAJECTORY_UNKNOWN, TRAJECTORY_CLOSED (it has ended), TRAJECTORY_BUSY,
   * TRAJECTORY_DAMAGED (a text of its task, a message or a tool result is lost).
   */
  resume(id: string): Promise<Recording>;
  /** The whole run, texts put back in. Fault TRAJECTORY_UNKNOWN (`not_found`, with the nearest ids). */
  get(id: string): Promise<Trajectory>;
  /**
   * The whole run in the shape in which the project hands runs on: `trajectory_id`, `user_query`, `steps` with `step_type`,
   * `input_data`, `output_data` (seed 003 section 8.3); plain JSON. Fault TRAJECTORY_UNKNOWN.
   */
  native(id: string): Promise<Readonly<Record<string, unknown>>>;
  /** Newest first. */
  list(filter?: RunFilter): Promise<readonly RunSummary[]>;
  /** Per tool and scenario, over all runs. */
  statistics(filter?: { readonly tool?: string; readonly scenario?: string }): Promise<readonly ToolUse[]>;
}

export interface RunStart {
  /** Any text but the empty one. */
  readonly id: string;
  /** What the user asked. */
  readonly task: string;
  readonly agent: string;
  readonly model: string;
  readonly startedAt: number;
  /** Where one agent gave it to another. */
  readonly parent?: string;
  /** Plain data that a resumed run needs; never secrets. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** One run being written. */
export interface Recording {
  readonly id: string;
  /** Steps of it so far. */
  readonly steps: number;
  /** Takes a step at once (under 100 us); it is durable after the next commit, which `settled` waits for. Never throws. */
  step(step: Step): void;
  /** Resolves when every step so far is on disk. Fault TRAJECTORY_NOT_SAVED (`unavailable`). */
  settled(): Promise<void>;
  /** Ends the run, durably; later steps are refused. */
  finish(end: RunEnd): Promise<void>;
  /** Closes without an end: the run counts as interrupted, and may be resumed. */
  suspend(): Promise<void>;
}

/**
 * Kinds of seed 003 section 8 (the first five), and what a run needs besides to be read and resumed.
 * message: a whole message of the history (`output` is a Message of context). thought: reasoning. state: of the run itself
 * (a wait, a permission, a compression, a plan, a budget), named in `input.what`.
 */
export const STEP_KINDS = [
  'scenario_identification',
  'task_decomposition',
  'toolkit_selection',
  'tool_selection',
  'tool_execution',
  'message',
  'thought',
  'state',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/**
 * Plain JSON throughout, not changed after it was given. Long strings (over 1 KiB) are stored once, by hash. Statistics read
 * of a `tool_execution` the name in `input.tool` (or `input.tool_name`), of a `scenario_identification`
 * `output.identified_scenario`.
 */
export interface Step {
  readonly kind: StepKind;
  /** The turn of the loop that it belongs to, from 1; 0: before the first. */
  readonly turn: number;
  readonly at: number;
  readonly durationMs?: number;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly output?: unknown;
  /** undefined: neither. */
  readonly success?: boolean;
  readonly llm?: LlmUse;
  /** tool_execution: `begun` is written before the call goes out, `ended` with its outcome. */
  readonly phase?: 'begun' | 'ended';
}
export interface LlmUse {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens?: number;
  readonly usd?: number;
  /** The request as text: stored by hash. */
  readonly prompt?: string;
  readonly response?: string;
}

export interface RunEnd {
  /** `done`, or why it stopped: a StopReason of agent-runtime. */
  readonly reason: string;
  /** Three-valued: undefined where nobody can say. */
  readonly success?: boolean;
  readonly answer?: string;
  readonly at: number;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly usd?: number };
}

export interface RunSummary extends RunStart {
  /** interrupted: neither ended nor being written. */
  readonly state: 'running' | 'ended' | 'interrupted';
  readonly steps: number;
  readonly end?: RunEnd;
}
export interface Trajectory extends RunSummary {
  /** In order, each with its number from 1. */
  readonly records: readonly (Step & { readonly index: number })[];
}
export interface RunFilter {
  readonly state?: RunSummary['state'];
  readonly limit?: number;
}

export interface ToolUse {
  readonly tool: string;
  /** `general` where no scenario was identified. */
  readonly scenario: string;
  readonly calls: number;
  readonly successes: number;
  readonly totalMs: number;
  readonly lastUsedAt: number;
}

export const TRAJECTORIES: Token<Trajectories> = token<Trajectories>('trajectories');
