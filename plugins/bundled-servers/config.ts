import { z } from 'zod';

const whole = (least: number, about: string) => z.number().int().min(least).optional().describe(about);
const seconds = (about: string) => z.number().positive().max(86_400).optional().describe(about);

/** Options of the server itself, under its own names; what is not set here is its default. */
const limits = {
  engine: z.enum(['auto', 'cpython', 'pyodide']).optional().describe('what runs the code; auto: the first that works'),
  python: z.string().optional().describe('interpreter to use'),
  allowUnsandboxed: z.boolean().optional().describe('run CPython without bubblewrap; only inside a container'),
  timeoutSeconds: seconds('time limit of a call that names none'),
  maxTimeoutSeconds: seconds('largest time limit that a call may ask for'),
  memoryMib: whole(64, 'memory of one execution'),
  outputBytes: whole(1024, 'stdout and stderr that are kept'),
  artifactMib: whole(0, 'size of all returned files of one call'),
  artifactFiles: whole(0, 'number of returned files of one call'),
  diskMib: whole(1, 'size of the work folder'),
  diskFiles: whole(100, 'files that an execution may hold'),
  processes: whole(4, 'processes and threads of one execution'),
  openFiles: whole(32, 'open files of one process'),
  sessions: whole(0, 'persistent sessions at a time; 0 switches them off'),
  sessionIdleSeconds: seconds('a session unused for this long is closed'),
  concurrency: whole(1, 'executions at a time'),
  queue: whole(0, 'calls that may wait for their turn'),
  allowPackages: z.array(z.string()).optional().describe('packages that may be installed'),
  packageIndex: z.url().optional().describe('package index for pip'),
  sandboxUid: whole(1, 'user id in the sandbox when this runs as root'),
};

export const bundledConfig = z.strictObject({
  pythonExecutor: z
    .strictObject({
      run: z
        .enum(['process', 'in-process', 'off'])
        .default('process')
        .describe('process: forwarded to a child process over stdio; in-process: linked into this one; off: not there'),
      idleMs: z.number().int().min(0).default(300_000).describe('without calls it is stopped after this; 0 keeps it'),
      ...limits,
    })
    .prefault({})
    .describe('runs Python code in a sandbox (mcp-servers/python-executor)'),
});
export type PythonExecutorConfig = z.output<typeof bundledConfig>['pythonExecutor'];
