import type { Redactor } from '#plugins/redaction/api';
import type { Synthesis, SynthesisReport } from '#plugins/synthesizer/api';
import type { Trajectories } from '#plugins/trajectory/api';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { TrajectoryFormats } from '#plugins/trajectory-formats/api';
import type { TrajectoryCliConfig } from './config.ts';
import type { Write } from './written.ts';

/** What the pipeline has for commands. */
export interface Services {
  readonly trajectories: Trajectories;
  readonly archive: TrajectoryArchive;
  readonly formats: TrajectoryFormats;
  readonly redactor: Redactor;
  readonly synthesis?: Synthesis | undefined;
  readonly report?: SynthesisReport | undefined;
}

/** Answers go to `out`, everything else to `err`. */
export interface Output {
  readonly out: Write;
  readonly err: Write;
  /** Somebody looks at `err` as it comes. */
  readonly isTerminal?: boolean;
}

export interface Setting extends Services, Output {
  readonly config: TrajectoryCliConfig;
}

/** One word of the command line. */
export interface Command {
  readonly name: string;
  /** Its lines of the help: how it is written, and what it does. */
  readonly help: readonly (readonly [words: string, does: string])[];
  /** Fault CLI_USAGE (`invalid`) where the words make no such command. */
  parse(words: readonly string[]): Work;
}
/** Does it; resolves to the exit code. */
export type Work = (setting: Setting, signal: AbortSignal) => Promise<number>;
