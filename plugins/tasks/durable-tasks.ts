import { randomUUID } from 'node:crypto';
import { fault, type Log, reason } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { Queue } from '#plugins/queue/api';
import type { Storage } from '#plugins/storage/api';
import type { Trajectories } from '#plugins/trajectory/api';
import type { NewTask, TaskRecord, TaskState, Tasks } from './api.ts';
import { checkProfile, checkTask } from './check-task.ts';
import type { TasksConfig } from './config.ts';
import { hasRun, idTaken } from './own-run.ts';
import { MIGRATIONS } from './tables.ts';
import type { TaskEvents } from './task-events.ts';
import type { Ending, KeptTask, TaskJob, TaskTable } from './task-table.ts';

export const LANE = 'agent.tasks';
/** Of tasks whose runs are recorded in this place, and that came to a worker of another. */
export const laneOf = (place: string): string => `${LANE}.${place}`;
/** The task's id alone would be another task's, once the task is forgotten and its id is used again. */
const jobOf = ({ id, createdAt, place, isHandedOver }: TaskJob) => ({
  lane: isHandedOver && place !== undefined ? laneOf(place) : LANE,
  id: `${id}@${createdAt}`,
  payload: { task: id },
});
const jobOfKept = ({ record: { id, createdAt }, ...kept }: KeptTask) => jobOf({ ...kept, id, createdAt });
/** After so long without a worker of that place they are failed. */
const ELSEWHERE_MS = 3_600_000;
const LISTED = 1_000;
const PRUNE_MS = 600_000;

export interface DurableParts {
  readonly storage: Storage;
  readonly queue: Queue;
  readonly table: TaskTable;
  readonly events: TaskEvents;
  readonly trajectories: Trajectories | undefined;
  readonly llm: Llm | undefined;
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
    const { storage, table } = this.#parts;
    await storage.migrate('tasks', MIGRATIONS);
    // A process that died between the two writes of `submit` left a task without a job.
    for (const task of await table.open()) await this.#enqueue(jobOf(task));
    this.#pruning = setInterval(() => void this.#prune(), PRUNE_MS);
    await this.#prune();
  }
  stop(): void {
    clearInterval(this.#pruning);
  }

  async submit(task: NewTask): Promise<TaskRecord> {
    const { config, table } = this.#parts;
    checkTask(task, config.maxTaskBytes);
    const id = task.id ?? randomUUID();
    const description = task.description.toWellFormed();
    if ((await table.get(id)) === undefined) await this.#take({ ...task, id, description }, task.id !== undefined);
    const kept = await this.#kept(id);
    if (kept.record.description !== description) throw idTaken(id);
    if (kept.record.endedAt === undefined) await this.#enqueue(jobOfKept(kept));
    return kept.record;
  }

  async #take(task: NewTask & { readonly id: string }, isNamed: boolean): Promise<void> {
    const { config, table, trajectories, llm } = this.#parts;
    checkProfile(task.profile, llm?.profiles);
    if (isNamed) await hasRun(trajectories, task.id, task.description);
    if ((await table.countOpen()) >= config.maxOpen)
      throw fault('TASKS_FULL', `${config.maxOpen} tasks are not over yet`, {
        kind: 'unavailable',
        hint: 'try again when some are over, start another worker, or raise tasks.maxOpen',
      });
    await table.add(task);
  }

  async get(id: string): Promise<TaskRecord> {
    return (await this.#kept(id)).record;
  }

  list(): Promise<readonly TaskRecord[]> {
    return this.page(LISTED);
  }
  /** Long descriptions are cut, answers are left out. */
  async page(most: number, state?: TaskState): Promise<readonly TaskRecord[]> {
    const listed = await this.#parts.table.list(most, state);
    return Promise.all(listed.map(async (kept) => withoutAnswer((await this.#settled(kept)).record)));
  }

  async cancel(id: string): Promise<TaskRecord> {
    const { queue } = this.#parts;
    const before = await this.#kept(id);
    const job = jobOfKept(before);
    if (before.record.endedAt === undefined) await queue.cancel(job.lane, job.id);
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

  /** Gives a task to the workers of the place where its run is recorded: others would begin it anew. */
  async handOver(kept: KeptTask & { readonly place: string }): Promise<void> {
    const { table, log } = this.#parts;
    log.info('a task waits for a worker that has its run', { task: kept.task.id, place: kept.place });
    await table.handOver(kept.task.id);
    await this.#enqueue(jobOfKept({ ...kept, isHandedOver: true }));
  }

  async #enqueue({ lane, ...job }: ReturnType<typeof jobOf>): Promise<void> {
    await this.#parts.queue.add(lane, job);
  }

  async #kept(id: string): Promise<KeptTask> {
    const kept = await this.#parts.table.get(id);
    if (kept === undefined) throw unknown(id);
    return this.#settled(kept);
  }

  /** A job that the queue ended without its worker (cancelled while it waited, given up) ends the task. */
  async #settled(kept: KeptTask): Promise<KeptTask> {
    const { queue, table } = this.#parts;
    const { record } = kept;
    if (record.endedAt !== undefined) return kept;
    const { lane, id } = jobOfKept(kept);
    const job = await queue.get(lane, id);
    if (job?.state !== 'failed' && job?.state !== 'cancelled') return kept;
    const error = { code: 'TASK_GIVEN_UP', message: job.error ?? 'the queue gave it up' };
    await this.end(record.id, job.state === 'failed' ? { state: 'failed', error } : { state: 'cancelled' });
    return (await table.get(record.id)) ?? kept;
  }

  /** Fails those whose runs are recorded where no worker has been for long. */
  async #endMissed(): Promise<void> {
    const { table, queue, trajectories, config } = this.#parts;
    if (config.work && trajectories !== undefined) await table.livesAt(trajectories.place);
    for (const task of await table.missedSince(Date.now() - ELSEWHERE_MS)) {
      const message = `its run is recorded in the trajectories "${task.place}", of which no worker came`;
      await this.end(task.id, { state: 'failed', error: { code: 'TASK_ELSEWHERE', message } });
      const { lane, id } = jobOf(task);
      await queue.cancel(lane, id);
    }
  }

  async #prune(): Promise<void> {
    const { table, config, log } = this.#parts;
    try {
      await this.#endMissed();
      await table.prune(Date.now() - config.keepMs, config.keepTasks);
    } catch (error) {
      log.warn('old tasks cannot be forgotten', { reason: reason(error) });
    }
  }
}

const withoutAnswer = (record: TaskRecord): TaskRecord =>
  record.result === undefined ? record : { ...record, result: { ...record.result, answer: '' } };

const unknown = (id: string) =>
  fault('TASK_UNKNOWN', `no task "${id.slice(0, 100)}"`, { kind: 'not_found', hint: 'GET /api/v1/tasks lists them' });
