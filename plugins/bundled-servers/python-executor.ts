import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch, ServerSpec, ToolDefinition } from '#plugins/tool-registry/api';
import type { PythonExecutorConfig } from './config.ts';

/** Sources in a clone, JavaScript in the published package: beside us lies what we are. */
const SOURCE = path.extname(fileURLToPath(import.meta.url));
const FOLDER = fileURLToPath(new URL('../../mcp-servers/python-executor/', import.meta.url));

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
  const manifest = TOLD.some((name) => name in options) ? undefined : await shippedTools();
  return {
    id: 'python-executor',
    title: 'Python executor',
    description: 'Runs Python code in a sandbox: standard output, the value, files and pictures come back.',
    toolkit: 'code',
    capabilities: ['code_execution', 'data_processing'],
    launches: [run === 'process' ? child(options) : linked(options)],
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

const child = (options: Readonly<Record<string, unknown>>): Launch => ({
  kind: 'stdio',
  command: process.execPath,
  args: [
    path.join(FOLDER, `main${SOURCE}`),
    ...Object.entries(options).map(([name, value]) => `--${kebab(name)}=${value}`),
  ],
  env: {},
});

const linked = (options: Readonly<Record<string, unknown>>): Launch => ({
  kind: 'module',
  module: path.join(FOLDER, `server${SOURCE}`),
  options,
});

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

async function shippedTools(): Promise<readonly ToolDefinition[] | undefined> {
  try {
    const { tools } = JSON.parse(await readFile(path.join(FOLDER, 'manifest.json'), 'utf8')) as {
      tools: ToolDefinition[];
    };
    return tools;
  } catch {
    return undefined;
  }
}
