import { setTimeout as sleep } from 'node:timers/promises';
import { isFault, type Log, reason } from '#kernel';
import type { NewTask, TaskRecord } from './api.ts';
import type { TasksConfig } from './config.ts';
import type { DurableTasks } from './durable-tasks.ts';
import { ResultsFile } from './results-file.ts';
import { taskFile } from './task-lines.ts';
import { resultWire } from './wire.ts';

export interface IntakeParts {
  readonly tasks: DurableTasks;
  readonly config: TasksConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const REFUSED: ReadonlySet<string> = new Set(['TASK_INVALID', 'TASK_ID_TAKEN']);

/** Submits the tasks of a file; the same file again adds nothing. Results go to `out`, whoever worked the tasks. */
export async function takeFile({ tasks, config, log, signal }: IntakeParts): Promise<void> {
  const out = config.out === '' ? undefined : await ResultsFile.open(config.out);
  const open = new Set<string>();
  const told = new Set<string>();
  const report = async (record: TaskRecord): Promise<void> => {
    open.delete(record.id);
    if (out === undefined || out.has(record.id) || told.has(record.id)) return;
    told.add(record.id);
    await out.add(JSON.stringify(resultLine(record)));
  };
  for await (const each of taskFile(config.file, config.maxTaskBytes)) {
    if (signal.aborted) return;
    if ('problem' in each) {
      log.warn('a line of the file is no task', { file: config.file, line: each.line, reason: each.problem });
      continue;
    }
    const record = await submit(tasks, each.task, signal, config.pollMs).catch((error: unknown) => {
      if (!isFault(error) || !REFUSED.has(error.code)) throw error;
      log.warn('a task of the file is refused', { file: config.file, line: each.line, reason: error.message });
    });
    if (record === undefined) continue;
    if (record.endedAt === undefined) open.add(record.id);
    else await report(record);
  }
  log.info('the tasks of the file are taken', { file: config.file, open: open.size });
  while (out !== undefined && open.size > 0) {
    await sleep(config.pollMs, undefined, { signal, ref: false });
    for (const id of open) {
      const record = await tasks.get(id);
      if (record.endedAt !== undefined) await report(record);
    }
  }
}

/** Waits while there is no room. */
async function submit(tasks: DurableTasks, task: NewTask, signal: AbortSignal, pauseMs: number): Promise<TaskRecord> {
  for (;;)
    try {
      return await tasks.submit(task);
    } catch (error) {
      if (!isFault(error) || error.code !== 'TASKS_FULL') throw error;
      await sleep(pauseMs, undefined, { signal, ref: false });
    }
}

const resultLine = ({ id, state, result, error }: TaskRecord) => ({
  id,
  state,
  ...(result !== undefined && resultWire(result)),
  ...(error !== undefined && { error }),
});

/** In the background of a worker or server. */
export function takeFileBehind(parts: IntakeParts): void {
  takeFile(parts).catch((error: unknown) => {
    if (parts.signal.aborted) return;
    parts.log.error('the file of tasks was not taken', { file: parts.config.file, reason: reason(error) });
  });
}
