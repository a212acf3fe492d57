import { randomUUID } from 'node:crypto';
import { fault, isFault, type Log, reason } from '#kernel';
import type { Agent, AgentResult, RunOptions } from '#plugins/agent-runtime/api';
import type { QueuedJob } from '#plugins/queue/api';
import type { Trajectories } from '#plugins/trajectory/api';
import { agentTask, endState } from './agent-task.ts';
import type { TasksConfig } from './config.ts';
import { type DurableTasks, LANE } from './durable-tasks.ts';
import { hasRun } from './own-run.ts';
import { resumeOrTell } from './past-run.ts';
import { RemotePerson } from './remote-person.ts';
import type { TaskEvents } from './task-events.ts';
import { TaskProgress } from './task-progress.ts';
import type { KeptTask, TaskTable } from './task-table.ts';

export interface WorkerParts {
  readonly agent: Agent;
  readonly trajectories: Trajectories | undefined;
  readonly tasks: DurableTasks;
  readonly table: TaskTable;
  readonly events: TaskEvents;
  readonly config: TasksConfig;
  readonly log: Log;
}

const BUSY_MS = 1_000;
const ELSEWHERE_MS = 60_000;
/** Errors of a run that lost what it needs of this process, as when a plugin is replaced: what was recorded can be resumed. */
const BROKEN_OFF: ReadonlySet<string> = new Set(['TRAJECTORY_NOT_SAVED', 'SERVICE_GONE']);

/** Errors of a run whose model or tool server is away: it goes on where it stands when they are back. */
const OUTAGES: ReadonlySet<string> = new Set(['LLM_UNAVAILABLE', 'LLM_LIMITED', 'LLM_CUT_OFF', 'PLANE_UNREACHABLE']);
const OUTAGE_PAUSE_MS = 2_000;

/** Works one task of the queue: from the beginning, or from where its last worker left it. */
export class TaskWorker {
  readonly #parts: WorkerParts;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  async work({ lane, payload }: QueuedJob, signal: AbortSignal): Promise<void> {
    const { table, tasks, trajectories } = this.#parts;
    const { task: id } = payload as { task: string };
    const kept = await table.get(id);
    const worker = randomUUID();
    if (kept === undefined || kept.record.endedAt !== undefined) return;
    const [place, here] = [kept.place, trajectories?.place];
    if (place !== undefined && (place !== here || (kept.isHandedOver && lane === LANE))) {
      if (lane === LANE) return tasks.handOver({ ...kept, place });
      throw later('its run is recorded elsewhere', ELSEWHERE_MS);
    }
    if (!(await table.begin(id, worker, here))) return;
    const progress = new TaskProgress({ ...this.#parts, id, worker });
    try {
      const result = await this.#run(kept, progress, signal);
      await progress.settled();
      if (result.stop.kind === 'interrupted' && !isCancelled(signal)) {
        // Not the task's doing: its worker stops, or the agent was replaced under it. The run is there to be resumed.
        throw signal.aborted ? (signal.reason as Error) : later('the run was interrupted', 0);
      }
      const { kind, code = '', message } = result.stop;
      const began = kept.record.startedAt ?? Date.now();
      if (kind === 'error' && OUTAGES.has(code) && Date.now() - began < this.#parts.config.outageMs)
        throw later(message, OUTAGE_PAUSE_MS);
      if (kind === 'error' && BROKEN_OFF.has(code)) throw fault(code, message, { kind: 'unavailable' });
      await tasks.end(id, { state: endState(result), result }, worker);
    } catch (error) {
      await progress.settled();
      await this.#brokeOff(kept, worker, error, signal);
    }
  }

  async #run({ task, record }: KeptTask, progress: TaskProgress, signal: AbortSignal): Promise<AgentResult> {
    const { agent, trajectories, config } = this.#parts;
    const options: RunOptions = {
      signal,
      onEvent: (event) => progress.event(event),
      ...(config.answerMs > 0 && { human: new RemotePerson({ ...this.#parts, id: task.id, progress }) }),
    };
    const isThere = await hasRun(trajectories, task.id, task.description);
    if (!isThere && record.startedAt === undefined) return agent.run(agentTask(task.id, task), options);
    try {
      return await resumeOrTell(agent, trajectories, task.id, options);
    } catch (error) {
      const code = isFault(error) ? error.code : undefined;
      if (code === 'TRAJECTORY_UNKNOWN') return agent.run(agentTask(task.id, task), options);
      throw error;
    }
  }

  async #brokeOff({ task, defects }: KeptTask, worker: string, error: unknown, signal: AbortSignal): Promise<void> {
    const { table, tasks, config, log } = this.#parts;
    const { id } = task;
    const code = isFault(error) ? error.code : 'TASK_DEFECT';
    if (isCancelled(signal)) return void (await tasks.end(id, { state: 'cancelled' }, worker));
    if (signal.aborted || code === 'RETRY_LATER' || code === 'AGENT_BUSY' || code === 'TRAJECTORY_BUSY') {
      await table.leave(id, worker);
      throw signal.aborted || code === 'RETRY_LATER' ? error : later(reason(error), BUSY_MS);
    }
    if (code === 'TASK_ID_TAKEN')
      return void (await tasks.end(id, { state: 'failed', error: { code, message: reason(error) } }, worker));
    log.error('a task broke off', { task: id, code, reason: reason(error), time: defects + 1, of: config.attempts });
    if (defects + 1 >= config.attempts) {
      const message = isFault(error) ? reason(error) : 'a defect of this program; its log says which';
      return void (await tasks.end(id, { state: 'failed', error: { code, message } }, worker));
    }
    await table.leave(id, worker, 1);
    throw later(reason(error), BUSY_MS * 2 ** defects);
  }
}

const isCancelled = ({ aborted, reason: why }: AbortSignal): boolean =>
  aborted && isFault(why) && why.code === 'JOB_CANCELLED';

const later = (why: string, afterMs: number) => fault('RETRY_LATER', why, { kind: 'unavailable', data: { afterMs } });
