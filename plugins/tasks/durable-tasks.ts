import { randomUUID } from 'node:crypto';
import { fault, type Log, reason } from '#kernel';
import type { Queue } from '#plugins/queue/api';
import type { Storage } from '#plugins/storage/api';
import type { NewTask, TaskRecord, TaskState, Tasks } from './api.ts';
import { checkTask } from './check-task.ts';
import type { TasksConfig } from './config.ts';
import { MIGRATIONS } from './tables.ts';
import type { TaskEvents } from './task-events.ts';
import type { Ending, TaskTable } from './task-table.ts';

export const LANE = 'agent.tasks';
/** The task's id alone would be another task's, once the task is forgotten and its id is used again. */
const jobOf = ({ id, createdAt }: Pick<TaskRecord, 'id' | 'createdAt'>) => ({
  id: `${id}@${createdAt}`,
  payload: { task: id },
});
const LISTED = 1_000;
const PRUNE_MS = 600_000;

export interface DurableParts {
  readonly storage: Storage;
  readonly queue: Queue;
  readonly table: TaskTable;
  readonly events: TaskEvents;
  readonly config: TasksConfig;
  readonly log: Log;
}

/** Tasks in a table, each with a job of the same id in the queue. */
export class DurableTasks implements Tasks {
  readonly #parts: DurableParts;
  readonly #answerWatchers = new Map<string, Set<() => void>>();
  #pruning: NodeJS.Timeout | undefined;

  constructor(parts: DurableParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { storage, table, queue } = this.#parts;
    await storage.migrate('tasks', MIGRATIONS);
    // A process that died between the two writes of `submit` left a task without a job.
    for (const task of await table.open()) await queue.add(LANE, jobOf(task));
    this.#pruning = setInterval(() => void this.#prune(), PRUNE_MS);
    await this.#prune();
  }
  stop(): void {
    clearInterval(this.#pruning);
  }

  async submit(task: NewTask): Promise<TaskRecord> {
    const { config, table, queue } = this.#parts;
    checkTask(task, config.maxTaskBytes);
    const id = task.id ?? randomUUID();
    const known = await table.get(id);
    if (known === undefined && (await table.countOpen()) >= config.maxOpen)
      throw fault('TASKS_FULL', `${config.maxOpen} tasks are not over yet`, {
        kind: 'unavailable',
        hint: 'try again when some are over, start another worker, or raise tasks.maxOpen',
      });
    if (known === undefined) await table.add({ ...task, id });
    const record = await this.get(id);
    if (record.endedAt === undefined) await queue.add(LANE, jobOf(record));
    return record;
  }

  async get(id: string): Promise<TaskRecord> {
    const kept = await this.#parts.table.get(id);
    if (kept === undefined) throw unknown(id);
    return this.#settled(kept.record);
  }

  list(): Promise<readonly TaskRecord[]> {
    return this.page(LISTED);
  }
  /** Long descriptions are cut. */
  async page(most: number, state?: TaskState): Promise<readonly TaskRecord[]> {
    return Promise.all((await this.#parts.table.list(most, state)).map((record) => this.#settled(record)));
  }

  async cancel(id: string): Promise<TaskRecord> {
    const { queue } = this.#parts;
    const before = await this.get(id);
    if (before.endedAt === undefined) await queue.cancel(LANE, jobOf(before).id);
    return this.get(id);
  }

  async answer(id: string, text: string, question?: string): Promise<TaskRecord> {
    const { table, config } = this.#parts;
    const { waiting } = await this.get(id);
    if (waiting?.for !== 'answer' || waiting.id === undefined || (question ?? waiting.id) !== waiting.id)
      throw fault(
        'TASK_NOT_WAITING',
        `task "${id}" waits for no answer${question === undefined ? '' : ' to that question'}`,
        {
          kind: 'conflict',
          hint: `GET /api/v1/tasks/${id} shows what it waits for`,
        },
      );
    checkTask({ description: text }, config.maxTaskBytes);
    await table.answer(id, { question: waiting.id, text });
    for (const wake of this.#answerWatchers.get(id) ?? []) wake();
    return this.get(id);
  }

  /** `wake` is called when this process takes an answer for the task. */
  onAnswer(id: string, wake: () => void): () => void {
    const here = this.#answerWatchers.get(id) ?? new Set();
    this.#answerWatchers.set(id, here.add(wake));
    return () => {
      here.delete(wake);
      if (here.size === 0 && this.#answerWatchers.get(id) === here) this.#answerWatchers.delete(id);
    };
  }

  /** Ends a task, once, and tells it. False where it is over, or another worker has it. */
  async end(id: string, ending: Ending, worker?: string): Promise<boolean> {
    const { table, events } = this.#parts;
    if (!(await table.end(id, ending, worker))) return false;
    await events.add(id, { type: 'task_done', ...ending });
    return true;
  }

  /** A job that the queue ended without its worker (cancelled while it waited, given up) ends the task. */
  async #settled(record: TaskRecord): Promise<TaskRecord> {
    const { queue, table } = this.#parts;
    if (record.endedAt !== undefined) return record;
    const job = await queue.get(LANE, jobOf(record).id);
    if (job?.state !== 'failed' && job?.state !== 'cancelled') return record;
    const error = { code: 'TASK_GIVEN_UP', message: job.error ?? 'the queue gave it up' };
    await this.end(record.id, job.state === 'failed' ? { state: 'failed', error } : { state: 'cancelled' });
    return (await table.get(record.id))?.record ?? record;
  }

  async #prune(): Promise<void> {
    const { table, config, log } = this.#parts;
    try {
      await table.prune(Date.now() - config.keepMs, config.keepTasks);
    } catch (error) {
      log.warn('old tasks cannot be forgotten', { reason: reason(error) });
    }
  }
}

const unknown = (id: string) =>
  fault('TASK_UNKNOWN', `no task "${id.slice(0, 100)}"`, { kind: 'not_found', hint: 'GET /api/v1/tasks lists them' });
