import type { MAIN } from '#kernel';
import { type Created, type Events, fault, type Health, type KernelView, type Log, type Undo } from '#kernel';
import type { Agent } from '#plugins/agent-runtime/api';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { Llm } from '#plugins/llm/api';
import type { Queue } from '#plugins/queue/api';
import type { Storage } from '#plugins/storage/api';
import type { Trajectories } from '#plugins/trajectory/api';
import { AgentCommand } from './agent-command.ts';
import type { TASKS, Tasks } from './api.ts';
import type { TasksConfig } from './config.ts';
import { DurableTasks, LANE, laneOf } from './durable-tasks.ts';
import { EventStreams } from './event-streams.ts';
import { takeFileBehind } from './file-intake.ts';
import { addRoutes } from './routes.ts';
import { TaskEvents } from './task-events.ts';
import { TaskTable } from './task-table.ts';
import { TaskWorker } from './task-worker.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface TasksParts {
  readonly config: TasksConfig;
  readonly log: Log;
  readonly events: Events;
  readonly signal: AbortSignal;
  readonly defer: (undo: Undo) => void;
  readonly owner: Owner;
  readonly kernel: KernelView;
  readonly agent: Agent;
  readonly storage: Storage | undefined;
  readonly queue: Queue | undefined;
  readonly http: HttpServer | undefined;
  readonly trajectories: Trajectories | undefined;
  readonly llm: Llm | undefined;
  readonly terminal: Terminal;
}

export function createTasks(parts: TasksParts): Created<{ readonly main: typeof MAIN; readonly tasks: typeof TASKS }> {
  const { kernel, log, storage, queue } = parts;
  const isDurable = storage !== undefined && queue !== undefined;
  const durable = isDurable ? createDurable({ ...parts, storage, queue }) : undefined;
  return {
    main: new AgentCommand(parts),
    tasks: durable?.tasks ?? NOWHERE,
    start: async () => {
      // A command line has its one task; those of the queue are for workers and servers.
      if (kernel.status().mode === 'cli') return;
      if (durable === undefined) log.warn('No tasks are taken: storage and queue are not in this pipeline.');
      await durable?.start();
    },
    stop: () => durable?.stop(),
    health: () => durable?.health() ?? { ok: true, detail: { durable: false } },
  };
}

function createDurable(parts: TasksParts & { readonly storage: Storage; readonly queue: Queue }) {
  const { config, storage, queue, http, trajectories, defer } = parts;
  const table = new TaskTable(storage);
  const events = new TaskEvents(storage, parts.events, config.events.keep);
  const tasks = new DurableTasks({ ...parts, table, events });
  const worker = new TaskWorker({ ...parts, tasks, table, events });
  const streams = http && new EventStreams({ ...parts, http, tasks, events });
  return {
    tasks,
    async start(): Promise<void> {
      await tasks.start();
      const lanes = trajectories === undefined ? [LANE] : [LANE, laneOf(trajectories.place)];
      if (config.work)
        for (const lane of lanes)
          defer(queue.work(lane, { concurrency: config.concurrency }, (job, signal) => worker.work(job, signal)));
      if (config.file !== '') takeFileBehind({ ...parts, tasks });
      if (http === undefined || streams === undefined) return;
      defer(streams.serve());
      for (const undo of addRoutes({ ...parts, http, tasks })) defer(undo);
    },
    stop(): void {
      streams?.stop();
      tasks.stop();
    },
    health: (): Health => ({ ok: true, detail: { durable: true, streams: streams?.size ?? 0 } }),
  };
}

const none = async (): Promise<never> => {
  throw fault('TASKS_UNAVAILABLE', 'tasks cannot be kept: this pipeline has no storage and queue', {
    kind: 'unavailable',
    hint: 'add storage and queue to the pipeline',
  });
};
const NOWHERE: Tasks = { submit: none, get: none, list: none, cancel: none, answer: none };
