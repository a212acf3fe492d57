import { type Events, fault, type Health, nearest } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import { Gathered } from '#plugins/storage/api';
import type { FilePosition, ImportedRun } from '#plugins/trajectory-formats/api';
import {
  type Added,
  type ArchiveTotals,
  type Arrived,
  type BadRecord,
  type Erased,
  RUN_ERASED,
  type RunHead,
  type ToolEffect,
  type ToolSequence,
  type TrajectoryArchive,
} from './api.ts';
import { Bodies } from './bodies.ts';
import type { ArchiveConfig } from './config.ts';
import { readEffects } from './effects.ts';
import { eraseRun } from './erasure.ts';
import { type HeadRow, headOf, SELECT_HEADS } from './heads.ts';
import { Intake } from './intake.ts';
import { Positions } from './positions.ts';
import { Quarantine } from './quarantine.ts';
import { selectIn } from './rows.ts';
import { SeenHashes, seenKey } from './seen-hashes.ts';
import { countSequences } from './sequences.ts';
import { MIGRATIONS } from './tables.ts';
import { readTotals } from './totals.ts';
import { Writers } from './writing.ts';

const HEADS = 1_000;
const NEAREST = 5;

/** The service: each part of it is a file of its own. */
export class Archive implements TrajectoryArchive {
  readonly #storage: Storage;
  readonly #config: ArchiveConfig;
  readonly #seen = new SeenHashes();
  readonly #writers: Writers;
  readonly #intake: Intake;
  readonly #bodies: Bodies;
  readonly #quarantine: Quarantine;
  readonly #positions: Positions;
  readonly #head: Gathered<RunHead>;
  readonly #run: Gathered<ImportedRun>;

  constructor(storage: Storage, config: ArchiveConfig, events: Events) {
    this.#storage = storage;
    this.#config = config;
    this.#writers = new Writers(storage, (erased) => events.publish(RUN_ERASED, erased));
    this.#intake = new Intake(storage, this.#writers, this.#seen, config);
    this.#bodies = new Bodies(storage, config.textCacheMb * 1_048_576);
    this.#quarantine = new Quarantine(storage, this.#writers);
    this.#positions = new Positions(storage);
    this.#head = new Gathered(async (ids) => {
      const rows = await selectIn<HeadRow>(storage, (marks) => `${SELECT_HEADS} WHERE id IN (${marks})`, ids);
      return new Map(rows.map((row) => [row.id, headOf(row)]));
    });
    this.#run = new Gathered((ids) => this.#bodies.read(ids));
  }

  async start(): Promise<void> {
    await this.#storage.migrate('archive', MIGRATIONS);
    await this.#seen.learn(this.#storage);
  }
  health(): Health {
    return { ok: true, detail: { knownRecords: this.#seen.size } };
  }

  add(arrived: readonly Arrived[]): Promise<readonly Added[]> {
    return this.#intake.add(arrived);
  }
  quarantine(records: readonly BadRecord[]): Promise<void> {
    return this.#quarantine.add(records);
  }
  quarantined(): Promise<readonly BadRecord[]> {
    return this.#quarantine.all();
  }
  knows(bytesHash: string): boolean {
    return this.#seen.has(seenKey(bytesHash));
  }
  position(file: string): Promise<FilePosition | undefined> {
    return this.#positions.get(file);
  }
  setPosition(file: string, position: FilePosition): Promise<void> {
    return this.#positions.set(file, position);
  }

  async get(id: string): Promise<ImportedRun> {
    const run = (await this.#bodies.read([id])).get(id);
    if (run === undefined) throw await this.#unknown(id);
    return run;
  }
  async many(ids: readonly string[]): Promise<readonly ImportedRun[]> {
    if (ids.length === 1) {
      const run = await this.#run.get(ids[0]!);
      return run === undefined ? [] : [run];
    }
    const runs = await this.#bodies.read([...new Set(ids)]);
    return ids.flatMap((id) => runs.get(id) ?? []);
  }

  async heads(after: number, limit = HEADS): Promise<readonly RunHead[]> {
    const rows = await this.#storage.all<HeadRow>(`${SELECT_HEADS} WHERE seq > ? ORDER BY seq LIMIT ?`, [after, limit]);
    return rows.map(headOf);
  }
  head(id: string): Promise<RunHead | undefined> {
    return this.#head.get(id);
  }

  async erase(id: string, why = 'erased'): Promise<void> {
    const found = await this.#writers.write(1, async (writing) => {
      const row = await writing.sql.get<HeadRow>(`${SELECT_HEADS} WHERE id = ?`, [id]);
      if (row !== undefined) await eraseRun(writing, row, why, true);
      return row !== undefined;
    });
    if (!found) throw await this.#unknown(id);
  }
  async erased(after: number): Promise<readonly Erased[]> {
    return this.#storage.all<ErasedRow>(`${SELECT_ERASED} WHERE n > ? ORDER BY n`, [after]);
  }

  statistics(filter: { readonly tool?: string; readonly scenario?: string } = {}): Promise<readonly ToolEffect[]> {
    return readEffects(this.#storage, filter);
  }
  async sequences(length: number, limit: number): Promise<readonly ToolSequence[]> {
    if (!Number.isSafeInteger(length) || length < 1)
      throw fault('SEQUENCE_INVALID', 'a sequence has one tool or more', { kind: 'invalid' });
    return countSequences(this.#storage, length, limit, this.#config.pageRuns);
  }
  totals(): Promise<ArchiveTotals> {
    return readTotals(this.#storage);
  }

  async #unknown(id: string) {
    const erased = await this.#storage.get<ErasedRow>(`${SELECT_ERASED} WHERE id = ?`, [id]);
    if (erased !== undefined)
      return fault('TRAJECTORY_UNKNOWN', `run "${id}" was erased: ${erased.why}`, {
        kind: 'not_found',
        data: { erased },
      });
    return fault('TRAJECTORY_UNKNOWN', `no run "${id}" was imported`, {
      kind: 'not_found',
      alternatives: await this.#like(id),
    });
  }

  /** Ids that begin so, else those that differ little among the newest. */
  async #like(id: string): Promise<string[]> {
    const all = (statement: string, values: readonly (string | number)[]) =>
      this.#storage.all<{ id: string }>(`SELECT id FROM archive_runs ${statement} LIMIT ?`, values);
    const from = await all('WHERE id >= ? ORDER BY id', [id, NEAREST]);
    const begun = from.map((row) => row.id).filter((other) => id !== '' && other.startsWith(id));
    if (begun.length > 0) return begun;
    const newest = await all('ORDER BY seq DESC', [HEADS]);
    return nearest(
      id,
      newest.map((row) => row.id),
    );
  }
}

type ErasedRow = Erased & Readonly<Record<string, unknown>>;
const SELECT_ERASED = 'SELECT id, n AS seq, why, at FROM archive_erased';
