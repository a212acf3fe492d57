import { type Token, token } from '#kernel';

/**
 * Reads trajectories of any agent, whatever wrote them and however they are packed, and writes them in formats that others
 * read. Formats and containers are recognised by their content; nothing has to be named.
 */
export interface TrajectoryFormats {
  /** What can be read, by name: `native`, `openai-messages`, `tau-bench`, `swe-agent`, `atif`, ... */
  readonly readable: readonly string[];
  /** What can be written, by name: `openai`, `sharegpt`, `atif`, `parquet`. */
  readonly writable: readonly string[];
  /**
   * Files below a path in a stable order (by name): the path itself where it is a file; hidden files and folders are left
   * out, links to folders are not followed. A folder whose files are one run together comes in their place. Fault
   * PATH_UNREADABLE (`not_found`, or `invalid` without permission).
   */
  files(path: string, signal?: AbortSignal): AsyncIterable<string>;
  /** What is to be read where these files were touched: they, or folders in their place as `files` gives them; each once. */
  sources(files: readonly string[]): Promise<readonly string[]>;
  /**
   * The records of one of `files`, in order; bounded memory whatever the file's size. A bad record costs one record. Faults:
   * PATH_UNREADABLE, where it cannot be opened or read to its end. Whoever stops early closes the file.
   */
  read(file: string, options?: ReadOptions): AsyncIterable<ReadEvent>;
  /**
   * The runs of one record that stands in no file; `name` is what people call it where it does not say so itself. Faults:
   * FORMAT_UNKNOWN, RECORD_INVALID, RECORD_TOO_DEEP (`invalid`).
   */
  parse(value: unknown, name: string): readonly ImportedRun[];
  /** Fault FORMAT_UNKNOWN (`invalid`, with what there is). The writer takes runs one at a time. */
  writer(format: string, path: string): Promise<RunWriter>;
  /** Rows of anything as an Apache Parquet file, there as a whole or not at all. Columns are those of the first row. */
  writeTable(path: string, rows: readonly Readonly<Record<string, string | number | boolean | null>>[]): Promise<void>;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Where an earlier read of the same file ended: goes on from there if the file only grew, else begins anew. */
  readonly from?: FilePosition;
  /** Told by the hash of a record's bytes: true means that it need not be parsed; it comes as `known`. */
  readonly known?: (bytesHash: string) => boolean;
}

export type ReadEvent =
  | { readonly type: 'run'; readonly place: Place; readonly bytesHash: string; readonly run: ImportedRun }
  | { readonly type: 'known'; readonly place: Place; readonly bytesHash: string }
  /** One record that is none: `code` is RECORD_NOT_JSON, RECORD_TOO_LARGE, RECORD_TOO_DEEP, RECORD_INVALID, FORMAT_UNKNOWN. */
  | {
      readonly type: 'bad';
      readonly place: Place;
      readonly bytesHash: string;
      readonly code: string;
      readonly reason: string;
    }
  /** The file holds no trajectories at all (empty, binary, another kind of text or JSON): no record of it is counted. */
  | { readonly type: 'refused'; readonly code: 'FORMAT_UNKNOWN'; readonly reason: string }
  /** The last event. `waiting`: bytes of a record that is not finished yet (a file that is being written). */
  | { readonly type: 'end'; readonly position: FilePosition; readonly waiting: number };

/** Of one record in its file: bytes from the file's start (of the unpacked content of a `.gz`), and its number from 0. */
export interface Place {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  readonly index: number;
}

/** Plain JSON, to be kept and given back; what is in it is the reader's own affair. */
export interface FilePosition {
  readonly offset: number;
  readonly [key: string]: string | number | boolean;
}

/** One run of an agent in one shape. Plain JSON; never changed after it was made. */
export interface ImportedRun {
  /**
   * 32 hex digits of the hash of the canonical content: messages, outcome, and the labels that the record itself carries. The
   * same however the record is indented, ordered, named or packed; unaffected by `key`, `format` and `counts`.
   */
  readonly id: string;
  /** What people call it: from the record's own labels, else the file's name (and `#index` where there are more). */
  readonly key: string;
  /** The name of the format it was read from. */
  readonly format: string;
  /** What the record says of itself: a label for people and checks. Never used to find out which tasks are the same. */
  readonly task?: string;
  /** Set where one file is one growing session: a later, longer version takes the place of an earlier one. */
  readonly session?: string;
  readonly agent?: string;
  readonly model?: string;
  /** ms since 1970. */
  readonly startedAt?: number;
  /** The task in the words of who gave it: mostly the first message of the user, without what the harness put around it. */
  readonly request: string;
  readonly messages: readonly RunMessage[];
  readonly outcome: Outcome;
  /** Definitions of the tools that the record carries, if it does. */
  readonly toolDefinitions?: readonly RunToolDefinition[];
  readonly usage?: { readonly inputTokens?: number; readonly outputTokens?: number; readonly usd?: number };
  /** Facts for `facts`, counted as the source counts them (a SWE-agent step is one action, a meta tool call is a call). */
  readonly counts: {
    readonly messages: number;
    readonly user: number;
    readonly assistant: number;
    readonly toolCalls: number;
    readonly steps: number;
  };
  /** What the record says beyond the run and must not reach a prompt or a seed: reference actions, annotations, labels. */
  readonly reference?: Readonly<Record<string, unknown>>;
  /** The licence or origin as the record or a LICENSE file beside it says; none is made up. */
  readonly license?: string;
}

export interface RunMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  /** Parts joined; what is no text is named in brackets, such as `[image]`. */
  readonly text: string;
  readonly reasoning?: string;
  readonly calls?: readonly RunCall[];
  /** role tool: the id of the call that it answers. */
  readonly answers?: string;
  /** role tool: whether the source says that the call failed; left out where it does not say. */
  readonly error?: boolean;
  /** A demonstration that was pasted into the prompt: not part of this run. */
  readonly demo?: boolean;
  /** ms since 1970. */
  readonly at?: number;
  /** What the format knows besides, for a faithful way back: plain JSON. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface RunCall {
  readonly id: string;
  /** The tool that did the work: inside a meta tool, the real one. `via`: the meta tool, or `shell` for a command. */
  readonly tool: { readonly server?: string; readonly name: string; readonly via?: string };
  readonly args: Readonly<Record<string, unknown>>;
  /** A call that only looks for tools (such as `route`): counted as a call, not as a use of a tool. */
  readonly lookup?: boolean;
}

/** Three-valued: null where nobody has judged it (a run that submitted something has not succeeded by that). */
export interface Outcome {
  readonly success: boolean | null;
  readonly score?: number;
  /** What says so: `reward`, `task_success`, `exit_status: submitted`. */
  readonly evidence?: string;
  readonly answer?: string;
}

export interface RunToolDefinition {
  readonly name: string;
  readonly server?: string;
  readonly description?: string;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
}

export interface RunWriter {
  write(run: ImportedRun): Promise<void>;
  /** The file is there as a whole, or not at all. */
  close(): Promise<void>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

export const TRAJECTORY_FORMATS: Token<TrajectoryFormats> = token<TrajectoryFormats>('trajectory.formats');
