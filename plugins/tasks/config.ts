import { z } from 'zod';

const ms = (otherwise: number, least: number, most: number) => z.number().int().min(least).max(most).default(otherwise);
const whole = (otherwise: number, most: number) => z.number().int().min(1).max(most).default(otherwise);
const DAY = 86_400_000;

export const tasksConfig = z.strictObject({
  maxTaskBytes: z.number().int().min(1).max(16_777_216).default(1_048_576).describe('longest description of a task'),
  concurrency: whole(4, 1_000).describe('tasks of a file or of the queue that are worked at once'),
  work: z
    .boolean()
    .default(true)
    .describe('worker and server: work tasks of the queue here; false: only take them, for workers elsewhere'),
  file: z
    .string()
    .default('')
    .describe('tasks as JSON lines; worker and server submit them at start, cli runs them where it is given no task'),
  out: z.string().default('').describe('results of the tasks of `file` are appended here as JSON lines'),
  maxOpen: whole(10_000, 10_000_000).describe('tasks that are not over; more are refused with TASKS_FULL'),
  outageMs: z
    .number()
    .int()
    .min(0)
    .max(604_800_000)
    .default(3_600_000)
    .describe(
      'for so long after its begin a task is tried again while its model or its tool server is away, in milliseconds',
    ),
  attempts: whole(3, 1_000).describe('a task whose run breaks off with a defect so often is failed'),
  answerMs: ms(DAY, 0, 365 * DAY).describe(
    'worker and server: how long a question waits for its answer over REST; 0: nobody is asked, in milliseconds',
  ),
  pollMs: ms(1_000, 10, 3_600_000).describe(
    'how often answers, events and results of other processes are looked for, in milliseconds',
  ),
  keepMs: ms(7 * DAY, 0, 3_650 * DAY).describe('tasks that are over are remembered for this long, in milliseconds'),
  keepTasks: z.number().int().min(0).max(10_000_000).default(10_000).describe('and at most so many'),
  events: z
    .strictObject({
      keep: whole(1_000, 1_000_000).describe('events of a task that are kept for watchers that were away'),
      maxStreams: whole(500, 100_000).describe('open event streams'),
      maxBufferedBytes: z
        .number()
        .int()
        .min(1_024)
        .default(1_048_576)
        .describe('a watcher that reads so slowly that more waits for it is cut off, and may come back'),
      heartbeatMs: ms(15_000, 100, 600_000).describe('a comment is sent on a silent stream, in milliseconds'),
    })
    .prefault({})
    .describe('limits of the event streams'),
});
export type TasksConfig = z.output<typeof tasksConfig>;
