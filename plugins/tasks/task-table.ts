import type { AgentResult } from '#plugins/agent-runtime/api';
import type { Row, Storage } from '#plugins/storage/api';
import type { NewTask, TaskRecord, TaskState, TaskWait } from './api.ts';

/** A task as its worker needs it. */
export interface KeptTask {
  readonly task: NewTask & { readonly id: string };
  readonly record: TaskRecord;
  /** How often its run broke off with a defect. */
  readonly defects: number;
  /** Where its run is recorded. */
  readonly place?: string;
  /** It waits in the lane of that place. */
  readonly isHandedOver: boolean;
}
/** What its job in the queue is made from. */
export type TaskJob = Pick<TaskRecord, 'id' | 'createdAt'> & Pick<KeptTask, 'place' | 'isHandedOver'>;
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
  /** Its answer; older rows have it in `result`. */
  readonly result_answer: string | null;
  readonly error: string | null;
  readonly run_place: string | null;
  readonly missed_at: number | null;
}

interface JobRow extends Row {
  readonly id: string;
  readonly created_at: number;
  readonly run_place: string | null;
  readonly missed_at: number | null;
}

const COLUMNS =
  'id, description, options, state, defects, created_at, started_at, ended_at, step, waiting, result, result_answer, error, run_place, missed_at';
/** In lists a description is cut here, and answers are left out: hundreds of long ones would be a very long answer. */
export const LISTED_CHARACTERS = 1_000;
const LISTED = COLUMNS.replace('description', `SUBSTR(description, 1, ${LISTED_CHARACTERS}) AS description`).replace(
  'result_answer',
  'NULL AS result_answer',
);

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

  async list(most: number, state?: TaskState): Promise<KeptTask[]> {
    const rows = await this.#storage.all<TaskRow>(
      `SELECT ${LISTED} FROM tasks_records ${state === undefined ? '' : 'WHERE state = ?'} ORDER BY place DESC LIMIT ?`,
      state === undefined ? [most] : [state, most],
    );
    return rows.map(keptTask);
  }

  async open(): Promise<TaskJob[]> {
    const rows = await this.#storage.all<JobRow>(
      'SELECT id, created_at, run_place, missed_at FROM tasks_records WHERE ended_at IS NULL ORDER BY place',
    );
    return rows.map(taskJob);
  }
  async countOpen(): Promise<number> {
    const row = await this.#storage.get<{ n: number }>(
      'SELECT COUNT(*) AS n FROM tasks_records WHERE ended_at IS NULL',
    );
    return Number(row?.n ?? 0);
  }

  /** `place`: where its run is recorded from now on. False: it is over, or its run is recorded elsewhere. */
  async begin(id: string, worker: string, place: string | undefined): Promise<boolean> {
    const changed = await this.#storage.run(
      `UPDATE tasks_records SET worker = ?, state = 'running', waiting = NULL, started_at = COALESCE(started_at, ?),
         run_place = COALESCE(run_place, ?) WHERE id = ? AND ended_at IS NULL AND (run_place IS NULL OR run_place = ?)`,
      [worker, Date.now(), place ?? null, id, place ?? null],
    );
    return changed === 1;
  }
  /** From now on it waits for a worker of the place where its run is recorded. */
  async handOver(id: string): Promise<void> {
    await this.#storage.run(
      `UPDATE tasks_records SET worker = NULL, state = 'waiting', waiting = NULL, missed_at = COALESCE(missed_at, ?)
       WHERE id = ? AND ended_at IS NULL AND run_place IS NOT NULL`,
      [Date.now(), id],
    );
  }
  /** A worker of this place lives. */
  async livesAt(place: string): Promise<void> {
    await this.#storage.run(
      'UPDATE tasks_records SET missed_at = ? WHERE run_place = ? AND missed_at IS NOT NULL AND ended_at IS NULL',
      [Date.now(), place],
    );
  }
  /** Those whose places have had no worker since then. */
  async missedSince(time: number): Promise<TaskJob[]> {
    const rows = await this.#storage.all<JobRow>(
      'SELECT id, created_at, run_place, missed_at FROM tasks_records WHERE ended_at IS NULL AND missed_at <= ?',
      [time],
    );
    return rows.map(taskJob);
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
      `UPDATE tasks_records SET state = ?, result = ?, result_answer = ?, error = ?, ended_at = ?, waiting = NULL,
         answer = NULL, worker = NULL
       WHERE id = ? AND ended_at IS NULL ${worker === undefined ? '' : 'AND worker = ?'}`,
      [
        ...[state, json(result && { ...result, answer: '' }), json(result && { answer: result.answer }), json(error)],
        ...[Date.now(), id, ...(worker === undefined ? [] : [worker])],
      ],
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

const whereOf = ({ run_place, missed_at }: Pick<JobRow, 'run_place' | 'missed_at'>) => ({
  ...(run_place !== null && { place: run_place }),
  isHandedOver: missed_at !== null,
});
const taskJob = (row: JobRow): TaskJob => ({ id: row.id, createdAt: Number(row.created_at), ...whereOf(row) });

function keptTask(row: TaskRow): KeptTask {
  const { id, description, state } = row;
  const answer = row.result_answer === null ? {} : (JSON.parse(row.result_answer) as Pick<AgentResult, 'answer'>);
  return {
    task: { id, description, ...(JSON.parse(row.options) as Omit<NewTask, 'id' | 'description'>) },
    defects: Number(row.defects),
    ...whereOf(row),
    record: {
      id,
      description,
      state,
      createdAt: Number(row.created_at),
      ...(row.started_at !== null && { startedAt: Number(row.started_at) }),
      ...(row.ended_at !== null && { endedAt: Number(row.ended_at) }),
      ...(row.step !== null && { step: Number(row.step) }),
      ...(row.waiting !== null && { waiting: JSON.parse(row.waiting) as TaskWait }),
      ...(row.result !== null && { result: { ...JSON.parse(row.result), ...answer } as AgentResult }),
      ...(row.error !== null && { error: JSON.parse(row.error) as { code: string; message: string } }),
    },
  };
}
