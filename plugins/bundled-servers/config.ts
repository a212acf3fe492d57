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

const browserLimits = {
  chromium: z.string().optional().describe('browser to use; else CHROMIUM, else the one of the system'),
  sandbox: z.enum(['auto', 'required', 'off']).optional().describe("Chromium's own sandbox; auto: where it works"),
  allowPrivate: z.array(z.string()).optional().describe('hosts that may have private addresses: name, address, *.name'),
  navigationSeconds: seconds('time limit of loading a page'),
  actionSeconds: seconds('time limit of reading, clicking, typing, a screenshot'),
  maxWaitSeconds: seconds('longest wait that a call may ask for'),
  textBytes: whole(1024, 'page text of one answer'),
  screenshotMegapixels: z.number().positive().optional().describe('a higher page is cut off at this'),
  screenshotMib: z.number().positive().optional().describe('size of a screenshot'),
  viewportWidth: whole(100, 'width of the page in pixels'),
  viewportHeight: whole(100, 'height of the page in pixels'),
  transferMib: z.number().positive().optional().describe('what the pages of a session may receive for one call'),
  connections: whole(8, 'open connections of one session'),
  pages: whole(1, 'pages of one session'),
  sessions: whole(1, 'sessions at a time'),
  sessionIdleSeconds: seconds('a session unused for this long is closed'),
  browserIdleSeconds: z.number().min(0).optional().describe('without sessions the browser ends after this'),
  queue: whole(0, 'calls that may wait for their turn in one session'),
  memoryMib: whole(256, 'memory of the browser with all its processes'),
  heapMib: whole(16, 'JavaScript memory of one page'),
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
  browserNavigator: z
    .strictObject({
      run: z
        .enum(['process', 'off'])
        .default('process')
        .describe('process: a child process over stdio, where there is a Chromium; off: not there'),
      idleMs: z.number().int().min(0).default(600_000).describe('without calls it is stopped after this; 0 keeps it'),
      ...browserLimits,
    })
    .prefault({})
    .describe('reads and uses web pages (mcp-servers/browser-navigator)'),
});
export type PythonExecutorConfig = z.output<typeof bundledConfig>['pythonExecutor'];
export type BrowserNavigatorConfig = z.output<typeof bundledConfig>['browserNavigator'];
