import { createHash } from 'node:crypto';
import type { Human } from '#plugins/agent-runtime/api';
import type { TasksConfig } from './config.ts';
import type { DurableTasks } from './durable-tasks.ts';
import type { TaskProgress } from './task-progress.ts';
import type { TaskTable } from './task-table.ts';

export interface RemoteParts {
  readonly id: string;
  readonly tasks: DurableTasks;
  readonly table: TaskTable;
  readonly progress: TaskProgress;
  readonly config: TasksConfig;
}

const ID_CHARACTERS = 16;

/** A person who answers over REST, on this process or another. Permissions go to the approvals, which outlive processes. */
export class RemotePerson implements Human {
  readonly #parts: RemoteParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: RemoteParts) {
    this.#parts = parts;
  }

  /** One question at a time: a task shows one. */
  answer(question: string, choices: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const answer = this.#last.then(() => this.#ask(question, choices, signal));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #ask(question: string, choices: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    const { id: task, table, tasks, progress, config } = this.#parts;
    // The same question after a restart has the same id: an answer that came meanwhile counts.
    const id = digest(JSON.stringify([task, question, choices]));
    progress.waits({ for: 'answer', what: 'a person', question, choices, id });
    const deadline = Date.now() + config.answerMs;
    try {
      for (;;) {
        const text = await table.takeAnswer(task, id);
        if (text !== undefined) return text;
        const left = deadline - Date.now();
        if (left <= 0) return undefined;
        await this.#woken(tasks, Math.min(left, config.pollMs), signal);
      }
    } finally {
      if (!signal.aborted) progress.goesOn();
    }
  }

  async #woken(tasks: DurableTasks, ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        undo();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      const undo = tasks.onAnswer(this.#parts.id, finish);
      signal.addEventListener('abort', finish, { once: true });
    });
    signal.throwIfAborted();
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, ID_CHARACTERS);
