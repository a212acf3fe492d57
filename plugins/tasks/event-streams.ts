import type { IncomingMessage, ServerResponse } from 'node:http';
import { fault, type Log, reason, type Undo } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { TasksConfig } from './config.ts';
import type { DurableTasks } from './durable-tasks.ts';
import { EventStream } from './event-stream.ts';
import type { TaskEvents } from './task-events.ts';

export const STREAMS = '/api/v1/events/tasks';

export interface StreamParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly tasks: DurableTasks;
  readonly events: TaskEvents;
  readonly config: TasksConfig;
  readonly log: Log;
}

/** Who watches which task, by server-sent events. */
export class EventStreams {
  readonly #parts: StreamParts;
  readonly #streams = new Set<EventStream>();

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#streams.size;
  }

  serve(): Undo {
    const { http, owner } = this.#parts;
    const summary = 'Events of one task (/{id}), as server-sent events; `Last-Event-ID` goes on from there.';
    return http.raw(
      `${STREAMS}/*`,
      { methods: ['GET'], scope: 'tools:read', owner, summary, tag: 'tasks' },
      (request, response, principal) => this.#open(request, response, principal),
    );
  }

  stop(): void {
    for (const stream of this.#streams) stream.end();
  }

  async #open(request: IncomingMessage, response: ServerResponse, principal: Principal): Promise<void> {
    const { http, tasks, events, config, log } = this.#parts;
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const task = await tasks.get(decodeURIComponent(path.slice(STREAMS.length + 1)));
    const asked = Number(request.headers['last-event-id'] ?? new URLSearchParams(query).get('since') ?? 0);
    if (!Number.isSafeInteger(asked) || asked < 0)
      throw fault('REQUEST_INVALID', 'Last-Event-ID must be the number of an event', { kind: 'invalid' });
    // Whoever has seen more than there is would wait for ever: its number is of an older task with this id, or made up.
    const since = Math.min(asked, await events.last(task.id));
    if (task.endedAt !== undefined && (await events.after(task.id, since)).length === 0) {
      // What browsers take for: do not come back.
      response.writeHead(204).end();
      return;
    }
    if (this.#streams.size >= config.events.maxStreams)
      throw fault('TASKS_STREAMS_FULL', 'too many event streams', { kind: 'unavailable', hint: 'try again shortly' });
    const stream = new EventStream(response, { task: task.id, since, tasks, events, config });
    this.#streams.add(stream);
    const unwatch = http.watchAccess(request, principal, { denied: () => stream.end() });
    response.once('close', () => stream.end());
    try {
      await stream.run();
    } catch (error) {
      log.warn('an event stream broke off', { task: task.id, reason: reason(error) });
    } finally {
      void unwatch();
      this.#streams.delete(stream);
      response.end();
    }
  }
}
