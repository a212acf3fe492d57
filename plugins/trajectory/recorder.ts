import path from 'node:path';
import { fault, type Health, type Log } from '#kernel';
import type { Storage } from '#plugins/storage/api';
import type { Recording, RunFilter, RunStart, RunSummary, ToolUse, Trajectories, Trajectory } from './api.ts';
import type { TrajectoryConfig } from './config.ts';
import { IndexTables } from './index/index-tables.ts';
import { Indexer } from './index/indexer.ts';
import { RunReader } from './index/run-reader.ts';
import { RunTable, toolUses } from './index/run-table.ts';
import { livingWriters } from './journal/owner.ts';
import { weigh } from './journal/weigh.ts';
import { Writer } from './journal/writer.ts';
import { LiveRecording } from './live-recording.ts';
import { expressionOf, secretsOfEnvironment } from './mask/known-secrets.ts';
import { Masker } from './mask/masker.ts';
import { toNative } from './native-shape.ts';
import { openPlace } from './place.ts';
import { MIGRATIONS } from './tables.ts';

interface Opened {
  readonly place: string;
  readonly indexer: Indexer;
  readonly runs: RunTable;
  readonly reader: RunReader;
}

/** Runs in files, their index in the database. Writes nothing before the first run is opened. */
export class Recorder implements Trajectories {
  readonly #storage: Storage;
  readonly #config: TrajectoryConfig;
  readonly #log: Log;
  readonly #dir: string;
  readonly #masker: Masker;
  readonly #live = new Map<string, LiveRecording>();
  #opened: Opened | undefined;
  #writer: Promise<Writer> | undefined;
  #now: Writer | undefined;
  #stopped = false;

  constructor(storage: Storage, config: TrajectoryConfig, log: Log) {
    this.#storage = storage;
    this.#config = config;
    this.#log = log;
    this.#dir = path.resolve(config.dir);
    const environment = config.maskEnvironment ? secretsOfEnvironment(process.env) : [];
    this.#masker = new Masker(expressionOf([...config.secrets, ...environment]));
  }

  async start(): Promise<void> {
    await this.#storage.migrate('trajectory', MIGRATIONS);
    const place = openPlace(this.#dir);
    const indexer = new Indexer({
      dir: this.#dir,
      tables: new IndexTables(this.#storage, place),
      log: this.#log,
      delayMs: this.#config.indexDelayMs,
      living: this.#living,
    });
    const reader = new RunReader(this.#dir, this.#log);
    this.#opened = { place, indexer, reader, runs: new RunTable(this.#storage, place) };
    // What other processes left behind is counted now, not when somebody asks. Whoever asks waits for it.
    indexer.caughtUp().catch(() => undefined);
  }

  get place(): string {
    if (this.#opened === undefined) throw notRunning();
    return this.#opened.place;
  }

  async open({ id, ...start }: RunStart): Promise<Recording> {
    if (id === '') throw fault('TRAJECTORY_INVALID', 'a run needs an id', { kind: 'invalid' });
    const { runs, indexer } = await this.#current();
    const writer = await this.#writing();
    await runs.claimNew(id, writer.id, this.#living, () => indexer.caughtUp());
    return this.#begin(writer, id, { hold: 1, steps: 0, scenario: undefined }, () =>
      writer.commit.push({ run: id, t: 'start', hold: 1, start }, weigh(start)),
    );
  }

  async resume(id: string): Promise<Recording> {
    const { runs, reader } = await this.#current();
    const row = await runs.row(id);
    if (row === undefined || row.begun === null) throw await runs.unknown(id);
    const lost = row.ended === null ? await reader.losses(row, await runs.parts(id)) : 0;
    if (lost > 0)
      throw fault('TRAJECTORY_DAMAGED', `run "${id}" cannot go on: ${lost} of its texts are lost`, {
        kind: 'unavailable',
        hint: 'put the packs back that the log names, or begin the task anew; what is left can be read',
      });
    const writer = await this.#writing();
    const hold = await runs.claimAgain(row, writer.id, this.#living());
    // Whoever had it may have died a moment ago: only now all that it wrote is there.
    await this.#current();
    const { steps = row.steps, scenario } = (await runs.row(id)) ?? {};
    return this.#begin(writer, id, { hold, steps, scenario: scenario ?? undefined }, () =>
      writer.commit.push({ run: id, t: 'resume', hold }, 0),
    );
  }

  async get(id: string): Promise<Trajectory> {
    // What is not on disk yet belongs to it too; a disk that is full does not keep anybody from reading.
    await this.#live
      .get(id)
      ?.settled()
      .catch(() => undefined);
    const { runs, reader } = await this.#current();
    const row = await runs.row(id);
    if (row === undefined || row.begun === null) throw await runs.unknown(id);
    return reader.whole(row, await runs.parts(id), this.#living());
  }

  async native(id: string): Promise<Readonly<Record<string, unknown>>> {
    return toNative(await this.get(id));
  }

  async list(filter: RunFilter = {}): Promise<readonly RunSummary[]> {
    const { runs, reader } = await this.#current();
    const rows = await runs.list(filter, this.#living());
    return reader.summaries(rows, this.#living());
  }

  async statistics(filter: { readonly tool?: string; readonly scenario?: string } = {}): Promise<readonly ToolUse[]> {
    await this.#current();
    return toolUses(this.#storage, filter);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const why = fault('TRAJECTORY_NOT_SAVED', 'the recorder has ended or is replaced', {
      kind: 'unavailable',
      hint: 'resume the run to go on with it',
    });
    for (const recording of [...this.#live.values()]) recording.abandon(why);
    const writer = await this.#writer?.catch(() => undefined);
    const lost = (await writer?.close()) ?? 0;
    if (lost > 0) this.#log.error('lines could not be written and are lost', { lines: lost });
    await this.#opened?.indexer.close();
  }

  health(): Health {
    const { indexer } = this.#opened ?? {};
    const problem = this.#now?.commit.failure?.message ?? indexer?.failure;
    const { torn = 0, damaged = 0 } = indexer?.found ?? {};
    return {
      ok: problem === undefined,
      detail: {
        dir: this.#dir,
        recording: this.#live.size,
        waitingBytes: this.#now?.commit.waitingBytes ?? 0,
        ...(torn > 0 && { torn }),
        ...(damaged > 0 && { damaged }),
        ...(problem !== undefined && { problem }),
      },
    };
  }

  async #begin(
    writer: Writer,
    id: string,
    run: { readonly hold: number; readonly steps: number; readonly scenario: string | undefined },
    push: () => number,
  ): Promise<Recording> {
    const recording = new LiveRecording(
      {
        ...run,
        id,
        commit: writer.commit,
        clean: (name) => this.#masker.text(name),
        log: this.#log,
        over: () => this.#live.delete(id),
      },
      push(),
    );
    this.#live.set(id, recording);
    try {
      await recording.settled();
    } catch (error) {
      // It may still be written later, and must not count as running then.
      recording.suspend().catch(() => undefined);
      throw error;
    }
    return recording;
  }

  /** The index as it is with everything that is in the files now. */
  async #current(): Promise<Opened> {
    if (this.#opened === undefined || this.#stopped) throw notRunning();
    await this.#opened.indexer.caughtUp();
    return this.#opened;
  }

  /** To be asked after the row that names the holder was read: who comes later lives too. */
  readonly #living = (): ReadonlySet<string> => livingWriters(this.#dir);

  /** Made with the first run, so that whoever only reads leaves nothing behind. */
  #writing(): Promise<Writer> {
    this.#writer ??= Writer.open({
      dir: this.#dir,
      config: this.#config,
      masker: this.#masker,
      saved: (segment, deltas) => this.#opened!.indexer.add(segment, deltas),
    }).then(
      (writer) => (this.#now = writer),
      (error: unknown) => {
        this.#writer = undefined;
        throw error;
      },
    );
    return this.#writer;
  }
}

const notRunning = () => fault('TRAJECTORY_STOPPED', 'the recorder does not run', { kind: 'unavailable' });
