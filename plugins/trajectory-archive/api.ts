import { type Token, type Topic, token, topic } from '#kernel';
import type { FilePosition, ImportedRun, Outcome, Place } from '#plugins/trajectory-formats/api';

export { atLeast, atMost, type Counted } from './success-bounds.ts';

/**
 * Keeps imported trajectories: each once by its content, texts once and compressed, with statistics over them. On the
 * database that storage has, embedded or PostgreSQL; several processes may add at the same time.
 */
export interface TrajectoryArchive {
  /**
   * Durable when it resolves, in the order given. `duplicate`: its content is there, or was erased (`erased`), or an earlier
   * version of the same session was longer. `replaced`: it took the place of a shorter version of its session, whose id that is.
   */
  add(arrived: readonly Arrived[]): Promise<readonly Added[]>;
  /** Counts bad records; the same record of the same file again is counted once. Durable. */
  quarantine(records: readonly BadRecord[]): Promise<void>;
  /** Newest last. */
  quarantined(): Promise<readonly BadRecord[]>;
  /** Whether a record with these bytes was added before; answers from memory, loaded at start. */
  knows(bytesHash: string): boolean;
  /** Where the reading of a file ended. */
  position(file: string): Promise<FilePosition | undefined>;
  setPosition(file: string, position: FilePosition): Promise<void>;
  /** Whole. Fault TRAJECTORY_UNKNOWN (`not_found`, with the nearest ids; ERASED in `data.erased`). */
  get(id: string): Promise<ImportedRun>;
  /** Several, in the order asked for; those that are not there (any more) are left out. */
  many(ids: readonly string[]): Promise<readonly ImportedRun[]>;
  /** In order of arrival, of those with `seq` > `after`. At most `limit` (default 1,000). */
  heads(after: number, limit?: number): Promise<readonly RunHead[]>;
  head(id: string): Promise<RunHead | undefined>;
  /**
   * Forgets a run and all that the archive made of it, and tells RUN_ERASED. It does not come back when its file is read
   * again. Fault TRAJECTORY_UNKNOWN.
   */
  erase(id: string, why?: string): Promise<void>;
  /** Erased (or replaced) after this number, oldest first: for those who were away. */
  erased(after: number): Promise<readonly Erased[]>;
  /** Per tool and scenario over what is there now. `lowerBound`: of the share that succeeded, at 95 % (Wilson). */
  statistics(filter?: { readonly tool?: string; readonly scenario?: string }): Promise<readonly ToolEffect[]>;
  /** Chains of tools of this length, most frequent first. */
  sequences(length: number, limit: number): Promise<readonly ToolSequence[]>;
  /** Sums over everything. */
  totals(): Promise<ArchiveTotals>;
}

export interface Arrived {
  readonly run: ImportedRun;
  readonly bytesHash: string;
  readonly place: Place;
}
export interface Added {
  readonly id: string;
  readonly outcome: 'added' | 'duplicate' | 'replaced';
  readonly erased?: boolean;
  readonly replaces?: string;
}
export interface BadRecord {
  readonly file: string;
  readonly offset: number;
  readonly bytesHash: string;
  readonly code: string;
  readonly reason: string;
  readonly at: number;
}

/** What is known of a run without reading it whole. */
export interface RunHead {
  /** Grows in order of arrival, with gaps; never given twice. */
  readonly seq: number;
  readonly id: string;
  readonly key: string;
  readonly format: string;
  readonly file: string;
  readonly task?: string;
  readonly agent?: string;
  readonly model?: string;
  readonly license?: string;
  /** Without the answer, which is a text of the run. */
  readonly outcome: Outcome;
  /** Steps that used a tool, in order: `server/tool`, or the tool's name alone. */
  readonly toolSequence: readonly string[];
  readonly steps: number;
  readonly messages: number;
  /** ms since 1970. */
  readonly addedAt: number;
}

export interface Erased {
  readonly id: string;
  /** Of the erasure, in the same series as those of runs. */
  readonly seq: number;
  readonly why: string;
  readonly at: number;
}

export interface ToolEffect {
  readonly tool: string;
  /** Name of the toolkit, domain or format it was used in; `general` where nothing is known. */
  readonly scenario: string;
  readonly calls: number;
  /** Calls that came back without an error. */
  readonly successes: number;
  readonly lowerBound: number;
  /** Runs that used it, and those of them that are known to have succeeded or failed. */
  readonly runs: number;
  readonly runSuccesses: number;
  readonly runFailures: number;
}
export interface ToolSequence {
  readonly tools: readonly string[];
  readonly count: number;
  readonly runs: number;
  readonly runSuccesses: number;
  readonly runFailures: number;
}
export interface ArchiveTotals {
  readonly runs: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly erased: number;
  readonly byFormat: Readonly<Record<string, number>>;
  readonly byLicense: Readonly<Record<string, number>>;
  readonly rawBytes: number;
  readonly storedBytes: number;
}

export const RUN_ERASED: Topic<Erased> = topic<Erased>('trajectory.erased');
export const TRAJECTORY_ARCHIVE: Token<TrajectoryArchive> = token<TrajectoryArchive>('trajectory.archive');
