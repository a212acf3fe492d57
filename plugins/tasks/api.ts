import { type Token, type Topic, token, topic } from '#kernel';
import type { AgentResult } from '#plugins/agent-runtime/api';
import type { Spending } from '#plugins/llm/api';

/** Tasks for the agent, wherever they come from: argv, a file, REST. Durable: a task that was taken is worked to its end. */
export interface Tasks {
  /**
   * Durable when it resolves. The same id and description again is the same task. Faults: TASK_INVALID, TASKS_FULL,
   * TASK_ID_TAKEN (`conflict`: a task or a run of this id is another).
   */
  submit(task: NewTask): Promise<TaskRecord>;
  /** Fault TASK_UNKNOWN. */
  get(id: string): Promise<TaskRecord>;
  /** Newest first, 1,000 at most: what is not over, and what is remembered. Descriptions are cut, answers are `''`. */
  list(): Promise<readonly TaskRecord[]>;
  /** Stops it within a step; fault TASK_UNKNOWN. */
  cancel(id: string): Promise<TaskRecord>;
  /**
   * Answers the question that a task waits with; with its id (`waiting.id`) that one only. Faults: TASK_UNKNOWN,
   * TASK_NOT_WAITING (`conflict`), TASK_INVALID.
   */
  answer(id: string, text: string, question?: string): Promise<TaskRecord>;
}
export interface NewTask {
  /** Letters, digits and dashes, at most 100; also the id of the run's trajectory. */
  readonly id?: string;
  readonly description: string;
  readonly profile?: string;
  readonly maxSteps?: number;
  readonly maxUsd?: number;
}
export interface TaskRecord {
  readonly id: string;
  readonly description: string;
  readonly state: TaskState;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly step?: number;
  /** What it waits for. */
  readonly waiting?: TaskWait;
  readonly result?: AgentResult;
  /** Where it failed before the agent had a result. */
  readonly error?: { readonly code: string; readonly message: string };
}
export type TaskState =
  | 'waiting'
  | 'running'
  | 'waiting_tool'
  | 'waiting_human'
  | 'done'
  | 'stopped'
  | 'failed'
  | 'cancelled';
export interface TaskWait {
  readonly for: 'tool' | 'permission' | 'answer' | 'model';
  readonly what: string;
  /** With `answer`: what a person is asked, under an id of its own. */
  readonly question?: string;
  readonly choices?: readonly string[];
  readonly id?: string;
}

/** What a watcher of tasks is told. `seq` grows by one within a task. */
export type TaskEvent = { readonly task: string; readonly seq: number; readonly at: number } & TaskNews;
export type TaskNews =
  | { readonly type: 'task_step'; readonly step: number; readonly spent: Spending; readonly contextTokens: number }
  | ({ readonly type: 'task_waiting' } & TaskWait)
  | {
      readonly type: 'task_done';
      readonly state: TaskState;
      readonly result?: AgentResult;
      readonly error?: { readonly code: string; readonly message: string };
    };

/** Of the tasks that this process works or ends; those of other processes are read from the stream of a task. */
export const TASK_EVENT: Topic<TaskEvent> = topic<TaskEvent>('task.progressed');
export const TASKS: Token<Tasks> = token<Tasks>('tasks');
