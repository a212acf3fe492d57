import { type Token, type Topic, token, topic } from '#kernel';
import type { Spending } from '#plugins/llm/api';

export { createGuard, GUARD_DEFAULTS } from './guard/guard.ts';
export type { Guard, GuardedCall, GuardKind, GuardOptions, GuardVerdict } from './guard/verdict.ts';

/** Takes a task and works on it until it is done, or has to stop: think, act, observe. */
export interface Agent {
  /**
   * Never rejects: whatever happens is the result's `stop`. With the signal it stops within a step, and the run may be
   * resumed. Fault AGENT_BUSY only: too many runs at once.
   */
  run(task: AgentTask, options: RunOptions): Promise<AgentResult>;
  /** Goes on with an interrupted run. Faults: TRAJECTORY_UNKNOWN, TRAJECTORY_CLOSED, TRAJECTORY_BUSY. */
  resume(run: string, options: RunOptions): Promise<AgentResult>;
}

export interface AgentTask {
  /** Also the id of its trajectory; letters, digits, dashes. */
  readonly id: string;
  readonly description: string;
  /** Tightens the configured budget, never widens it. */
  readonly budget?: Partial<Budget>;
  /** Profile of llm. */
  readonly profile?: string;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onEvent?: (event: AgentEvent) => void;
  /** Who answers questions and permissions here and now; absent: nobody. */
  readonly human?: Human;
  /** With nobody here: `wait` for the approval of a call (default), or `stop` at once with `needs_human`, to be resumed. */
  readonly unattended?: 'wait' | 'stop';
}

/** A person at the other end. Each rejects with the signal's reason, or resolves to undefined where nobody answers in time. */
export interface Human {
  /** Absent: permissions go to the approvals, and whether a loop may go on is asked of nobody. */
  permit?(ask: PermissionAsk, signal: AbortSignal): Promise<'once' | 'always' | 'deny' | undefined>;
  answer(question: string, choices: readonly string[], signal: AbortSignal): Promise<string | undefined>;
}
export interface PermissionAsk {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The rule that asks. */
  readonly rule: string;
  readonly reason: string;
}

/** All limits of a run in one object. */
export interface Budget {
  readonly steps: number;
  /** Input and output of all model calls. */
  readonly tokens: number;
  readonly usd: number;
  readonly wallMs: number;
  /** How deep agents may give tasks to agents. */
  readonly depth: number;
}

export type StopKind =
  | 'done'
  | 'error'
  | 'budget_steps'
  | 'budget_tokens'
  | 'budget_usd'
  | 'budget_time'
  | 'budget_depth'
  | 'stuck'
  | 'needs_human'
  | 'context_overflow'
  | 'interrupted';

export interface AgentResult {
  readonly run: string;
  readonly stop: StopReason;
  /** What it has to say: the answer, or what it had so far. */
  readonly answer: string;
  readonly steps: number;
  readonly spent: Spending;
  readonly elapsedMs: number;
}
export interface StopReason {
  readonly kind: StopKind;
  /** For a person. */
  readonly message: string;
  /** Code of the fault, kind of the loop (D1 to D8), id of the approval that is waited for. */
  readonly code?: string;
  readonly evidence?: readonly string[];
}

/** What a watcher is told, in order. */
export type AgentEvent = { readonly run: string; readonly at: number } & (
  | { readonly type: 'started'; readonly task: string; readonly model: string; readonly resumed: boolean }
  | { readonly type: 'step'; readonly step: number; readonly spent: Spending; readonly contextTokens: number }
  | { readonly type: 'text' | 'reasoning'; readonly delta: string }
  | {
      readonly type: 'call';
      readonly call: string;
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'result';
      readonly call: string;
      readonly tool: string;
      readonly ok: boolean;
      readonly summary: string;
      readonly durationMs: number;
    }
  | { readonly type: 'waiting'; readonly for: 'tool' | 'permission' | 'answer' | 'model'; readonly what: string }
  | { readonly type: 'resumed'; readonly what: string }
  | { readonly type: 'notice'; readonly what: string }
  | { readonly type: 'compressed'; readonly strategy: string; readonly before: number; readonly after: number }
  | { readonly type: 'done'; readonly result: AgentResult }
);

/** Every event of every run in this process. */
export const AGENT_EVENT: Topic<AgentEvent> = topic<AgentEvent>('agent.progressed');
export const AGENT: Token<Agent> = token<Agent>('agent');
