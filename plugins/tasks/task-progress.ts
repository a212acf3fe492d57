import { type Log, reason } from '#kernel';
import type { AgentEvent } from '#plugins/agent-runtime/api';
import type { TaskNews, TaskWait } from './api.ts';
import type { TasksConfig } from './config.ts';
import type { TaskEvents } from './task-events.ts';
import type { TaskTable } from './task-table.ts';

export interface ProgressParts {
  readonly id: string;
  readonly worker: string;
  readonly table: TaskTable;
  readonly events: TaskEvents;
  readonly config: TasksConfig;
  readonly log: Log;
}

/** How far one run is, as others see it: in the task's row and its events, written in order and behind the run. */
export class TaskProgress {
  readonly #parts: ProgressParts;
  #writing: Promise<void> = Promise.resolve();
  #isOurs = true;

  constructor(parts: ProgressParts) {
    this.#parts = parts;
  }

  event(event: AgentEvent): void {
    const { id, config } = this.#parts;
    switch (event.type) {
      case 'step': {
        // Steps of agents that it gave work to are not its own.
        if (event.run !== id) return;
        const { step, spent, contextTokens } = event;
        return this.#write(step, undefined, { type: 'task_step', step, spent, contextTokens });
      }
      case 'waiting':
        // Whoever is asked says more about the question.
        if (event.for === 'answer' && config.answerMs > 0) return;
        return this.waits({ for: event.for, what: event.what });
      case 'resumed':
        return this.goesOn();
      default:
    }
  }

  waits(waiting: TaskWait): void {
    this.#write(undefined, waiting, { type: 'task_waiting', ...waiting });
  }
  goesOn(): void {
    this.#write(undefined, undefined, undefined);
  }
  settled(): Promise<void> {
    return this.#writing;
  }

  #write(step: number | undefined, waiting: TaskWait | undefined, news: TaskNews | undefined): void {
    const { id, worker, table, events, log } = this.#parts;
    this.#writing = this.#writing.then(async () => {
      if (!this.#isOurs) return;
      try {
        this.#isOurs = await table.progress(id, worker, step, waiting);
        if (this.#isOurs && news !== undefined) await events.add(id, news);
      } catch (error) {
        log.warn('progress of a task is not kept', { task: id, reason: reason(error) });
      }
    });
  }
}
