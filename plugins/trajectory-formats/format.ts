import type { ImportedRun } from './api.ts';

/**
 * One format of trajectories: recognises a parsed record and turns it into a run. One small file a format in `formats/`; they
 * stand in an order in `formats/index.ts`, the most telling first.
 */
export interface Format {
  readonly name: string;
  /** Whether a parsed JSON value is a record of this format. Quick: looks at members, not at everything in them. */
  recognises(value: unknown): boolean;
  /** One run, or several (sub-agents). A thrown error's message is the reason for which the record is put in quarantine. */
  read(value: unknown, origin: Origin): RunDraft | readonly RunDraft[];
}

/** A format whose run is spread over the lines of a whole file: a session log, or a trace. */
export interface SessionFormat {
  readonly name: string;
  /** Whether this is one of the file's first lines. */
  recognisesLine(value: unknown): boolean;
  /** Where a session may be a folder of files that hold one line each. */
  readonly folder?: SessionFolder;
  /** All lines of the file that could be parsed, in order. */
  readLines(lines: readonly unknown[], origin: Origin): readonly RunDraft[];
}

export interface SessionFolder {
  /** The names of its files; the first group is the number of the line. */
  readonly files: RegExp;
  /** What the folder is called where not it but the one around it is called after the session. */
  readonly name: string;
  /** What a folder beside it is called in which its lines are kept a second time. */
  readonly copies: string;
}

/** Where a record was found: for names only, never for what a run is. */
export interface Origin {
  /** Name of the file without its folder. */
  readonly fileName: string;
  /** Name of the folder that it lies in. */
  readonly folder: string;
  /** Number of the record in its file, from 0. */
  readonly index: number;
  /** Whether the file holds this record only. */
  readonly alone: boolean;
}

/** A run before its identity is known: `finishRun` adds the hash of what it says, and counts what is not counted. */
export type RunDraft = Omit<ImportedRun, 'id' | 'format' | 'counts'> & {
  /** Counts where the source counts otherwise than its messages do. */
  readonly counts?: Partial<ImportedRun['counts']>;
  /** Labels that the record carries and that make it another run, such as the number of a trial. Part of the identity. */
  readonly labels?: Readonly<Record<string, string | number>>;
};
