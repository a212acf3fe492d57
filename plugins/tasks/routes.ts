import { z } from 'zod';
import type { Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { DurableTasks } from './durable-tasks.ts';
import { STREAMS } from './event-streams.ts';
import { listedWire, newTask, newTaskOf, taskWire } from './wire.ts';

export interface RouteParts {
  readonly http: HttpServer;
  readonly owner: Owner;
  readonly tasks: DurableTasks;
}

const PATH = '/api/v1/tasks';
const STATES = [
  'waiting',
  'running',
  'waiting_tool',
  'waiting_human',
  'done',
  'stopped',
  'failed',
  'cancelled',
] as const;

export function addRoutes({ http, owner, tasks }: RouteParts): readonly Undo[] {
  const params = z.object({ id: z.string().max(200) });
  const common = { owner, tag: 'tasks' } as const;
  const streamOf = (id: string): string => `${STREAMS}/${encodeURIComponent(id)}`;
  return [
    http.route({
      ...common,
      method: 'POST',
      path: PATH,
      scope: 'tools:call',
      summary: 'Gives the agent a task. The same id again is the same task; 409 where it is that of another.',
      body: newTask,
      answers: { 202: { description: 'Taken: `task_id`, and its address in `location`.' } },
      handle: async ({ body }) => {
        const task = await tasks.submit(newTaskOf(body));
        return { status: 202, headers: { location: `${PATH}/${task.id}` }, body: taskWire(task) };
      },
    }),
    http.route({
      ...common,
      method: 'GET',
      path: PATH,
      scope: 'tools:read',
      summary: 'Tasks, newest first; long descriptions are cut, answers are left out.',
      query: z.object({
        state: z.enum(STATES).optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
      }),
      handle: async ({ query }) => ({ body: { tasks: (await tasks.page(query.limit, query.state)).map(listedWire) } }),
    }),
    http.route({
      ...common,
      method: 'GET',
      path: `${PATH}/:id`,
      scope: 'tools:read',
      summary: 'One task: how far it is, what it waits for, its result.',
      params,
      handle: async ({ params: { id } }) => ({ body: taskWire(await tasks.get(id)) }),
    }),
    http.route({
      ...common,
      method: 'GET',
      path: `${PATH}/:id/events`,
      scope: 'tools:read',
      summary: 'The way to the stream of its events.',
      params,
      answers: { 307: { description: 'The stream itself, in `location`.' } },
      handle: async ({ params: { id } }) => {
        await tasks.get(id);
        return { status: 307, headers: { location: streamOf(id) }, body: { location: streamOf(id) } };
      },
    }),
    http.route({
      ...common,
      method: 'POST',
      path: `${PATH}/:id/answer`,
      scope: 'tools:call',
      summary: 'Answers the question that it waits with.',
      params,
      body: z.strictObject({
        text: z.string(),
        id: z.string().max(200).optional().describe('of the question; 409 where the task asks another one now'),
      }),
      handle: async ({ params: { id }, body }) => ({ body: taskWire(await tasks.answer(id, body.text, body.id)) }),
    }),
    http.route({
      ...common,
      method: 'POST',
      path: `${PATH}/:id/cancel`,
      scope: 'tools:call',
      summary: 'Stops it within a step.',
      params,
      handle: async ({ params: { id } }) => ({ body: taskWire(await tasks.cancel(id)) }),
    }),
    http.route({
      ...common,
      method: 'DELETE',
      path: `${PATH}/:id`,
      scope: 'tools:call',
      summary: 'The same as cancel.',
      params,
      handle: async ({ params: { id } }) => ({ body: taskWire(await tasks.cancel(id)) }),
    }),
  ];
}
