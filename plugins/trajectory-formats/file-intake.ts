import { basename, dirname } from 'node:path';
import type { ImportedRun, Place, ReadEvent } from './api.ts';
import { describeJson } from './containers/describe-content.ts';
import type { Origin, SessionFormat } from './format.ts';
import type { FileRecord } from './parsed-records.ts';
import { type BadRecord, hashOfRun, isBad, runsOf } from './read-record.ts';
import { SessionLines } from './session-lines.ts';

/** Lines before one that tells a session. */
const EARLY = 50;
/** Bad records kept back while nothing was recognised. */
const HELD = 1_000;

/** A trace of something else, or a session that has only begun. */
const SILENT = 'no model, tool or person says anything in it';

export interface IntakeOptions {
  readonly file: string;
  /** What people call it. */
  readonly name: string;
  readonly sessions: readonly SessionFormat[];
  readonly maxDepth: number;
  readonly maxSessionBytes: number;
  readonly license: string | undefined;
  readonly known: ((bytesHash: string) => boolean) | undefined;
}

/**
 * Turns records into events. Until one of a file's records is recognised, the others are kept back: the file may be another
 * kind of file, and then none of them counts.
 */
export class FileIntake {
  accepted: boolean;
  #held: ReadEvent[] = [];
  #lost = false;
  #early: FileRecord[] = [];
  #session: SessionLines | undefined;
  /** The first value that no format knows. */
  #unknown: string | undefined;
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions, accepted: boolean) {
    this.#options = options;
    this.accepted = accepted;
  }

  get isSession(): boolean {
    return this.#session !== undefined;
  }
  /** What the file holds where nothing in it was recognised, as far as it was JSON. */
  get unknown(): string | undefined {
    return this.#unknown;
  }

  /** undefined: more was kept back than there is room for, and it counts after all. Read again, with `accepted`. */
  take(record: FileRecord): readonly ReadEvent[] | undefined {
    const { place, bytesHash, content } = record;
    if (content.kind === 'known') return this.#accept([{ type: 'known', place, bytesHash }]);
    if (content.kind === 'bad') {
      const event = badEvent(record, content.bad);
      // Nobody has seen what is in one that is too large or too deep.
      return content.bad.code === 'RECORD_NOT_JSON' ? this.#doubtful(event) : this.#accept([event]);
    }
    if (this.#session !== undefined) {
      this.#session.add(content.value, bytesHash, place.bytes);
      return [];
    }
    if (content.format !== undefined) {
      const runs = runsOf(
        content.value,
        content.format,
        this.#origin(place.index, content.alone),
        this.#options.maxDepth,
      );
      return this.#accept(isBad(runs) ? [badEvent(record, runs)] : this.#runs(runs, place, bytesHash));
    }
    if (this.#beginsSession(record, content.value)) return this.#accept([]);
    const shown = describeJson(content.value);
    this.#unknown ??= shown;
    return this.#doubtful(badEvent(record, { code: 'FORMAT_UNKNOWN', reason: `it is of no known format: ${shown}` }));
  }

  /** What was kept back, where the file is not refused. */
  release(): readonly ReadEvent[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
  get holdsBack(): boolean {
    return this.#held.length > 0;
  }

  /** The runs of a session, of which all lines are there now. `bytes`: how many that are. */
  endSession(bytes: number): readonly ReadEvent[] {
    const session = this.#session;
    if (session === undefined) return [];
    const bytesHash = session.hash();
    const place = { file: this.#options.file, offset: 0, bytes, index: 0 };
    if (this.#options.known?.(bytesHash)) return [{ type: 'known', place, bytesHash }];
    const runs = session.runs(this.#origin(0, true), this.#options.maxDepth);
    if (isBad(runs)) return [badEvent({ place, bytesHash }, runs)];
    if (runs.length === 0)
      return [{ type: 'refused', code: 'FORMAT_UNKNOWN', reason: `${session.format.name}: ${SILENT}` }];
    return this.#runs(runs, place, bytesHash);
  }

  #accept(events: readonly ReadEvent[]): readonly ReadEvent[] | undefined {
    if (this.accepted) return events;
    if (this.#lost) return undefined;
    this.accepted = true;
    this.#early = [];
    return [...this.release(), ...events];
  }

  #doubtful(event: ReadEvent): readonly ReadEvent[] {
    if (this.accepted) return [event];
    if (this.#held.length < HELD) this.#held.push(event);
    else this.#lost = true;
    return [];
  }

  #beginsSession(record: FileRecord, value: unknown): boolean {
    if (this.accepted || this.#early.length >= EARLY) return false;
    this.#early.push(record);
    const format = this.#options.sessions.find((each) => each.recognisesLine(value));
    if (format === undefined) return false;
    this.#session = new SessionLines(format, this.#options.maxSessionBytes);
    for (const { content, bytesHash, place } of this.#early)
      if (content.kind === 'value') this.#session.add(content.value, bytesHash, place.bytes);
    // Lines that no format knows by themselves are part of the session.
    this.#held = this.#held.filter((event) => event.type === 'bad' && event.code !== 'FORMAT_UNKNOWN');
    return true;
  }

  #runs(runs: readonly ImportedRun[], place: Place, bytesHash: string): readonly ReadEvent[] {
    const { license } = this.#options;
    return runs.map((run, n) => ({
      type: 'run',
      place,
      bytesHash: hashOfRun(bytesHash, n, runs.length),
      run: license === undefined || run.license !== undefined ? run : { ...run, license },
    }));
  }

  #origin(index: number, alone: boolean): Origin {
    const { file, name } = this.#options;
    return { fileName: name, folder: basename(dirname(file)), index, alone };
  }
}

const badEvent = ({ place, bytesHash }: Pick<FileRecord, 'place' | 'bytesHash'>, bad: BadRecord): ReadEvent => ({
  type: 'bad',
  place,
  bytesHash,
  ...bad,
});
