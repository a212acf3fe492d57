import type { Events } from '#kernel';
import type { Row, Storage } from '#plugins/storage/api';
import { TASK_EVENT, type TaskEvent, type TaskNews } from './api.ts';

interface EventRow extends Row {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
}

/** How many are read at once, and how often those beyond the limit are dropped. */
const PAGE = 200;
const TRIM_EVERY = 50;

/** The last events of each task, kept in the database: a watcher may be on another process, and come back after a restart. */
export class TaskEvents {
  readonly #storage: Storage;
  readonly #events: Events;
  readonly #keep: number;
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(storage: Storage, events: Events, keep: number) {
    this.#storage = storage;
    this.#events = events;
    this.#keep = keep;
  }

  async add(task: string, news: TaskNews): Promise<void> {
    const at = Date.now();
    const row = await this.#storage.get<{ seq: number }>(
      `INSERT INTO tasks_events (task, seq, at, body)
       SELECT CAST(? AS TEXT), COALESCE(MAX(seq), 0) + 1, CAST(? AS BIGINT), CAST(? AS TEXT) FROM tasks_events WHERE task = ?
       RETURNING seq`,
      [task, at, JSON.stringify(news), task],
    );
    const seq = Number(row!.seq);
    if (seq % TRIM_EVERY === 0 && seq > this.#keep)
      await this.#storage.run('DELETE FROM tasks_events WHERE task = ? AND seq <= ?', [task, seq - this.#keep]);
    this.#events.publish(TASK_EVENT, { task, seq, at, ...news });
    for (const wake of this.#watchers.get(task) ?? []) wake();
  }

  /** The number of the newest; 0: none. */
  async last(task: string): Promise<number> {
    const row = await this.#storage.get<{ seq: number | null }>(
      'SELECT MAX(seq) AS seq FROM tasks_events WHERE task = ?',
      [task],
    );
    return Number(row?.seq ?? 0);
  }

  async after(task: string, seq: number): Promise<readonly TaskEvent[]> {
    const rows = await this.#storage.all<EventRow>(
      'SELECT seq, at, body FROM tasks_events WHERE task = ? AND seq > ? ORDER BY seq LIMIT ?',
      [task, seq, PAGE],
    );
    return rows.map((row) => ({
      task,
      seq: Number(row.seq),
      at: Number(row.at),
      ...(JSON.parse(row.body) as TaskNews),
    }));
  }

  /** `wake` is called when this process adds an event of the task. */
  watch(task: string, wake: () => void): () => void {
    const here = this.#watchers.get(task) ?? new Set();
    this.#watchers.set(task, here.add(wake));
    return () => {
      here.delete(wake);
      if (here.size === 0 && this.#watchers.get(task) === here) this.#watchers.delete(task);
    };
  }
}
