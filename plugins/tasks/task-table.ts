import type { AgentResult } from '#plugins/agent-runtime/api';
import type { Row, Storage } from '#plugins/storage/api';
import type { NewTask, TaskRecord, TaskState, TaskWait } from './api.ts';

/** A task as its worker needs it. */
export interface KeptTask {
  readonly task: NewTask & { readonly id: string };
  readonly record: TaskRecord;
  /** How often its run broke off with a defect. */
  readonly defects: number;
}
export interface Ending {
  readonly state: TaskState;
  readonly result?: AgentResult;
  readonly error?: { readonly code: string; readonly message: string };
}
export interface Answer {
  /** Id of the question. */
  readonly question: string;
  readonly text: string;
}

interface TaskRow extends Row {
  readonly id: string;
  readonly description: string;
  readonly options: string;
  readonly state: TaskState;
  readonly defects: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly step: number | null;
  readonly waiting: string | null;
  readonly result: string | null;
  readonly error: string | null;
}

const COLUMNS =
  'id, description, options, state, defects, created_at, started_at, ended_at, step, waiting, result, error';
/** In lists a description is cut here: hundreds of long ones would be a very long answer. */
export const LISTED_CHARACTERS = 1_000;
const LISTED = COLUMNS.replace('description', `SUBSTR(description, 1, ${LISTED_CHARACTERS}) AS description`);

/** The statements on tasks. */
export class TaskTable {
  readonly #storage: Storage;
  #place = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async add({ id, description, ...options }: NewTask & { readonly id: string }): Promise<boolean> {
    const now = Date.now();
    this.#place = Math.max(this.#place + 1, now * 1_000);
    const added = await this.#storage.run(
      `INSERT INTO tasks_records (id, description, options, state, place, defects, created_at)
       VALUES (?, ?, ?, 'waiting', ?, 0, ?) ON CONFLICT (id) DO NOTHING`,
      [id, description, JSON.stringify(options), this.#place, now],
    );
    return added === 1;
  }

  async get(id: string): Promise<KeptTask | undefined> {
    const row = await this.#storage.get<TaskRow>(`SELECT ${COLUMNS} FROM tasks_records WHERE id = ?`, [id]);
    return row && keptTask(row);
  }

  async list(most: number, state?: TaskState): Promise<TaskRecord[]> {
    const rows = await this.#storage.all<TaskRow>(
      `SELECT ${LISTED} FROM tasks_records ${state === undefined ? '' : 'WHERE state = ?'} ORDER BY place DESC LIMIT ?`,
      state === undefined ? [most] : [state, most],
    );
    return rows.map((row) => keptTask(row).record);
  }

  async open(): Promise<{ readonly id: string; readonly createdAt: number }[]> {
    const rows = await this.#storage.all<{ id: string; created_at: number }>(
      'SELECT id, created_at FROM tasks_records WHERE ended_at IS NULL ORDER BY place',
    );
    return rows.map((row) => ({ id: row.id, createdAt: Number(row.created_at) }));
  }
  async countOpen(): Promise<number> {
    const row = await this.#storage.get<{ n: number }>(
      'SELECT COUNT(*) AS n FROM tasks_records WHERE ended_at IS NULL',
    );
    return Number(row?.n ?? 0);
  }

  /** False: it is over. */
  async begin(id: string, worker: string): Promise<boolean> {
    const changed = await this.#storage.run(
      `UPDATE tasks_records SET worker = ?, state = 'running', waiting = NULL, started_at = COALESCE(started_at, ?)
       WHERE id = ? AND ended_at IS NULL`,
      [worker, Date.now(), id],
    );
    return changed === 1;
  }
  /** A task goes back to those that wait for a worker. */
  async leave(id: string, worker: string, defects = 0): Promise<void> {
    await this.#storage.run(
      `UPDATE tasks_records SET worker = NULL, state = 'waiting', waiting = NULL, defects = defects + ?
       WHERE id = ? AND worker = ?`,
      [defects, id, worker],
    );
  }
  /** False where another worker has it now. */
  async progress(
    id: string,
    worker: string,
    step: number | undefined,
    waiting: TaskWait | undefined,
  ): Promise<boolean> {
    const changed = await this.#storage.run(
      'UPDATE tasks_records SET step = COALESCE(?, step), state = ?, waiting = ? WHERE id = ? AND worker = ?',
      [step ?? null, stateOf(waiting), waiting === undefined ? null : JSON.stringify(waiting), id, worker],
    );
    return changed === 1;
  }
  /** False where it is over already, or another worker has it. Without a worker: whoever has it. */
  async end(id: string, { state, result, error }: Ending, worker?: string): Promise<boolean> {
    const changed = await this.#storage.run(
      `UPDATE tasks_records SET state = ?, result = ?, error = ?, ended_at = ?, waiting = NULL, answer = NULL, worker = NULL
       WHERE id = ? AND ended_at IS NULL ${worker === undefined ? '' : 'AND worker = ?'}`,
      [state, json(result), json(error), Date.now(), id, ...(worker === undefined ? [] : [worker])],
    );
    return changed === 1;
  }

  async answer(id: string, answer: Answer): Promise<void> {
    await this.#storage.run('UPDATE tasks_records SET answer = ? WHERE id = ?', [JSON.stringify(answer), id]);
  }
  /** The answer to this question, once. */
  async takeAnswer(id: string, question: string): Promise<string | undefined> {
    const row = await this.#storage.get<{ answer: string | null }>('SELECT answer FROM tasks_records WHERE id = ?', [
      id,
    ]);
    const answer = row?.answer ? (JSON.parse(row.answer) as Answer) : undefined;
    if (answer?.question !== question) return undefined;
    await this.#storage.run('UPDATE tasks_records SET answer = NULL WHERE id = ?', [id]);
    return answer.text;
  }

  /** Forgets tasks that ended before `oldest`, and all but the last `keep`, with their events. */
  async prune(oldest: number, keep: number): Promise<number> {
    const beyond = await this.#storage.get<{ ended_at: number }>(
      `SELECT ended_at FROM tasks_records WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1 OFFSET ${Math.trunc(keep)}`,
    );
    const until = beyond === undefined ? oldest : Math.max(oldest, Number(beyond.ended_at));
    const old = 'ended_at IS NOT NULL AND ended_at <= ?';
    return this.#storage.transaction(async (sql) => {
      await sql.run(`DELETE FROM tasks_events WHERE task IN (SELECT id FROM tasks_records WHERE ${old})`, [until]);
      return sql.run(`DELETE FROM tasks_records WHERE ${old}`, [until]);
    });
  }
}

function stateOf(waiting: TaskWait | undefined): TaskState {
  if (waiting === undefined || waiting.for === 'model') return 'running';
  return waiting.for === 'tool' ? 'waiting_tool' : 'waiting_human';
}

/** PostgreSQL stores no NUL, JSON text has none. */
const json = (value: object | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

function keptTask(row: TaskRow): KeptTask {
  const { id, description, state } = row;
  return {
    task: { id, description, ...(JSON.parse(row.options) as Omit<NewTask, 'id' | 'description'>) },
    defects: Number(row.defects),
    record: {
      id,
      description,
      state,
      createdAt: Number(row.created_at),
      ...(row.started_at !== null && { startedAt: Number(row.started_at) }),
      ...(row.ended_at !== null && { endedAt: Number(row.ended_at) }),
      ...(row.step !== null && { step: Number(row.step) }),
      ...(row.waiting !== null && { waiting: JSON.parse(row.waiting) as TaskWait }),
      ...(row.result !== null && { result: JSON.parse(row.result) as AgentResult }),
      ...(row.error !== null && { error: JSON.parse(row.error) as { code: string; message: string } }),
    },
  };
}
