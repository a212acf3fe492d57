/** What both engines take and give. Shapes only; the server turns an Outcome into an MCP result. */

export type InputFile = { path: string; base64: string };

export type Execution = {
  code: string;
  stdin?: string;
  files: InputFile[];
  timeoutMs: number;
  signal?: AbortSignal;
};

export type Artifact = { path: string; content: Buffer };

export type LimitHit = 'timed_out' | 'memory_exceeded' | 'output_exceeded' | 'files_exceeded' | 'processes_exceeded';

export type PythonError = { type: string; message: string; traceback: string };

export type Outcome = {
  engine: string;
  stdout: string;
  stderr: string;
  /** repr of the last expression; null where there is none or it is None */
  value: string | null;
  /** present where the value is exactly representable in JSON */
  valueJson?: unknown;
  exitCode?: number;
  error?: PythonError;
  artifacts: Artifact[];
  skipped: { path: string; reason: string }[];
  executionMs: number;
  outputTruncated: boolean;
  limits: LimitHit[];
  /** the interpreter did not survive: a session must begin anew */
  ended: boolean;
};

/** One interpreter: used once, or kept as a session. Calls never overlap. */
export interface Interpreter {
  execute(execution: Execution): Promise<Outcome>;
  /** Ends every process of it; resolves when they are gone. Safe to call twice. */
  close(): Promise<void>;
}

export interface Engine {
  readonly name: 'cpython' | 'pyodide';
  /** What ran it, for people: engine, version, sandbox. */
  readonly label: string;
  /** The user that the code runs as, where it is not the server's own. */
  readonly uid?: number | undefined;
  /** `session` keeps the state between executions; `packages` is a folder on the host made importable. */
  open(kind: { session: boolean; packages?: string }): Promise<Interpreter>;
  close(): Promise<void>;
}
