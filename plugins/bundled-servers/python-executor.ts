import type { Launch, ServerSpec } from '#plugins/tool-registry/api';
import type { PythonExecutorConfig } from './config.ts';
import { programFile, shippedTools, startProgram } from './program.ts';

const NAME = 'python-executor';

/** These change what the server says of its tools, so the list that it ships is not right any more. */
const TOLD = [
  ...['timeoutSeconds', 'maxTimeoutSeconds', 'memoryMib', 'outputBytes', 'artifactMib', 'artifactFiles'],
  ...['sessions', 'sessionIdleSeconds', 'allowPackages'],
];
const DEFAULT_MAX_TIMEOUT_S = 300;
/** A call may wait for its turn, and for the sandbox to start. */
const CALL_MARGIN_MS = 30_000;

/** The server as the configuration wants it, or undefined where it is off. */
export async function pythonExecutor(config: PythonExecutorConfig, owner: string): Promise<ServerSpec | undefined> {
  const { run, idleMs, ...limits } = config;
  if (run === 'off') return undefined;
  const options = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  const manifest = TOLD.some((name) => name in options) ? undefined : await shippedTools(NAME);
  return {
    id: NAME,
    title: 'Python executor',
    description: 'Runs Python code in a sandbox: standard output, the value, files and pictures come back.',
    toolkit: 'code',
    capabilities: ['code_execution', 'data_processing'],
    launches: [run === 'process' ? startProgram(NAME, options) : linked(options)],
    // Without a list it must be asked once before anybody can call it.
    start: manifest ? 'lazy' : 'eager',
    connection: 'shared',
    pool: { warm: 0, max: 1 },
    protocol: 'auto',
    timeouts: {
      connectMs: 20_000,
      callMs: (limits.maxTimeoutSeconds ?? DEFAULT_MAX_TIMEOUT_S) * 1000 + CALL_MARGIN_MS,
      idleMs,
    },
    mainTool: 'python_execute',
    ...(manifest && { manifest }),
    owner,
  };
}

const linked = (options: Readonly<Record<string, unknown>>): Launch => ({
  kind: 'module',
  module: programFile(NAME, 'server'),
  options,
});
