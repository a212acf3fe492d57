import { definePlugin, KERNEL, MAIN } from '#kernel';
import { AGENT } from '#plugins/agent-runtime/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { LLM } from '#plugins/llm/api';
import { QUEUE } from '#plugins/queue/api';
import { STORAGE } from '#plugins/storage/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { TASKS } from './api.ts';
import { tasksConfig } from './config.ts';
import { createTasks } from './create.ts';

export default definePlugin({
  name: 'tasks',
  summary: 'Where tasks for the agent come from: a command line, a file, or REST and a durable queue.',
  config: tasksConfig,
  requires: { kernel: KERNEL, agent: AGENT },
  optional: { storage: STORAGE, queue: QUEUE, http: HTTP_SERVER, trajectories: TRAJECTORIES, llm: LLM },
  provides: { main: MAIN, tasks: TASKS },
  create: ({ id, generation, ...parts }) => createTasks({ ...parts, owner: { id, generation }, terminal: process }),
});
