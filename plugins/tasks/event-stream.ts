import type { ServerResponse } from 'node:http';
import type { TaskEvent } from './api.ts';
import type { TasksConfig } from './config.ts';
import type { DurableTasks } from './durable-tasks.ts';
import type { TaskEvents } from './task-events.ts';
import { taskEventWire } from './wire.ts';

export interface WatchParts {
  readonly task: string;
  /** The last event that the watcher has. */
  readonly since: number;
  readonly tasks: DurableTasks;
  readonly events: TaskEvents;
  readonly config: TasksConfig;
}

/** Events of one task to one watcher, from the kept ones on, until the task is over or somebody leaves. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #parts: WatchParts;
  #isOver = false;
  #wake: (() => void) | undefined;
  #isWoken = false;

  constructor(response: ServerResponse, parts: WatchParts) {
    this.#response = response;
    this.#parts = parts;
  }

  end(): void {
    this.#isOver = true;
    this.#woken();
  }

  async run(): Promise<void> {
    const { task, events, tasks, config } = this.#parts;
    const response = this.#response;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(': connected\n\n');
    const unwatch = events.watch(task, () => this.#woken());
    let seq = this.#parts.since;
    let heardAt = Date.now();
    let isEnded = false;
    try {
      while (!this.#isOver) {
        this.#isWoken = false;
        const news = await events.after(task, seq);
        for (const event of news) {
          if (event.seq > seq + 1) this.#lost(seq + 1, event.seq - 1);
          seq = event.seq;
          this.#write(event);
          if (event.type === 'task_done') return;
        }
        if (news.length > 0) {
          heardAt = Date.now();
          continue;
        }
        if (Date.now() - heardAt >= config.events.heartbeatMs) {
          // Its worker died before it could tell.
          if (isEnded) return;
          heardAt = Date.now();
          response.write(': still here\n\n');
          // Also finds a task that ended without its worker. That it ended may be known before it is told.
          isEnded = (await tasks.get(task)).endedAt !== undefined;
          continue;
        }
        await this.#sleep(Math.min(config.pollMs, config.events.heartbeatMs));
      }
    } finally {
      unwatch();
    }
  }

  #write(event: TaskEvent): void {
    this.#response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(taskEventWire(event))}\n\n`);
    // The kept events are the buffer: whoever reads too slowly comes back with Last-Event-ID.
    if (this.#response.writableLength <= this.#parts.config.events.maxBufferedBytes) return;
    this.#response.destroy();
    this.#isOver = true;
  }

  #lost(from: number, to: number): void {
    const { task } = this.#parts;
    this.#response.write(`event: events_lost\ndata: ${JSON.stringify({ task_id: task, from, to })}\n\n`);
  }

  #woken(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#isWoken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
