import { z } from 'zod';

const MIB = 1024 * 1024;

/** Every limit of the server. A flag `--name`, an environment variable `PYTHON_EXECUTOR_NAME`, or a field here. */
export const optionsSchema = z.strictObject({
  engine: z
    .enum(['auto', 'cpython', 'pyodide'])
    .default('auto')
    .describe('what runs the code: CPython in a sandbox, embedded Pyodide, or the first of these that works'),
  python: z.string().optional().describe('interpreter to use; else PYTHON, else the first usable python3 on PATH'),
  allowUnsandboxed: z
    .boolean()
    .default(false)
    .describe('run CPython without bubblewrap; only where this whole server is already contained'),
  timeoutSeconds: z.number().positive().max(3600).default(30).describe('time limit of a call that names none'),
  maxTimeoutSeconds: z.number().positive().max(3600).default(300).describe('largest time limit a call may ask for'),
  memoryMib: z.int().min(64).max(65_536).default(512).describe('memory of one execution, all its processes together'),
  outputBytes: z
    .int()
    .min(1024)
    .max(64 * MIB)
    .default(MIB)
    .describe('stdout and stderr kept; 16 times as much ends the execution'),
  artifactMib: z.int().min(0).max(256).default(10).describe('size of all returned files of one call together'),
  artifactFiles: z.int().min(0).max(1000).default(20).describe('number of returned files of one call'),
  diskMib: z
    .int()
    .min(1)
    .max(16_384)
    .default(64)
    .describe('work folder, /tmp and /dev/shm: size of each, and of a file'),
  diskFiles: z.int().min(100).max(1_000_000).default(10_000).describe('files and folders an execution may hold'),
  processes: z.int().min(4).max(4096).default(64).describe('processes and threads of one execution'),
  openFiles: z.int().min(32).max(65_536).default(256).describe('open files of one process'),
  sessions: z.int().min(0).max(256).default(8).describe('persistent sessions at a time; 0 switches them off'),
  sessionIdleSeconds: z
    .number()
    .positive()
    .max(86_400)
    .default(900)
    .describe('a session unused for this long is closed'),
  concurrency: z.int().min(1).max(256).default(4).describe('executions at a time'),
  queue: z.int().min(0).max(10_000).default(32).describe('calls that may wait for their turn; more are refused'),
  allowPackages: z.array(z.string()).default([]).describe('names that python_install_packages may install'),
  packageIndex: z.url().optional().describe('package index for pip; else that of the pip configuration'),
  sandboxUid: z.int().min(1).default(65_534).describe('user id for the sandbox when the server itself runs as root'),
});

export type Options = z.infer<typeof optionsSchema>;
export type OptionsInput = z.input<typeof optionsSchema>;

export type Settings = { options: Options; httpPort?: number; httpHost: string; help: boolean };

/** Not limits, so not in the schema: they only concern the program. */
const PROGRAM_FLAGS: Record<string, 'value' | 'boolean'> = { http: 'value', host: 'value', help: 'boolean' };

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Reads flags and environment; throws an Error whose message names what is wrong and what there is. */
export function readSettings(argv: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const raw: Record<string, string> = {};
  const fields = Object.keys(optionsSchema.shape);
  for (const field of fields) {
    const value = env[`PYTHON_EXECUTOR_${kebab(field).replaceAll('-', '_').toUpperCase()}`];
    if (value !== undefined && value !== '') raw[field] = value;
  }
  if (raw.python === undefined && env.PYTHON) raw.python = env.PYTHON;
  const byFlag = new Map(fields.map((field) => [kebab(field), field]));
  for (let at = 0; at < argv.length; at++) {
    const [, name, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argv[at] ?? '') ?? [];
    const field = name === undefined ? undefined : name in PROGRAM_FLAGS ? name : byFlag.get(name);
    if (name === undefined || field === undefined) {
      throw new Error(
        `unknown argument "${argv[at]}"; flags: ${[...byFlag.keys(), 'http', 'host', 'help'].map((flag) => `--${flag}`).join(' ')}`,
      );
    }
    const isBoolean = field === 'allowUnsandboxed' || PROGRAM_FLAGS[field] === 'boolean';
    const value = inline ?? (isBoolean ? 'true' : argv[++at]);
    if (value === undefined) throw new Error(`--${name} needs a value`);
    raw[field] = value;
  }
  const { http, host, help, ...limits } = raw;
  const settings: Settings = { options: parseOptions(limits), httpHost: host ?? '127.0.0.1', help: help === 'true' };
  if (http !== undefined) {
    const port = Number(http);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`--http needs a port number, got "${http}"`);
    settings.httpPort = port;
  }
  return settings;
}

/** Text values become what the schema wants; everything wrong is named at once. */
function parseOptions(raw: Record<string, string>): Options {
  const typed: Record<string, unknown> = {};
  for (const [field, text] of Object.entries(raw)) {
    if (field === 'allowPackages')
      typed[field] = text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean);
    else if (field === 'allowUnsandboxed') typed[field] = ['1', 'true', 'yes'].includes(text.toLowerCase());
    else if (['engine', 'python', 'packageIndex'].includes(field)) typed[field] = text;
    else typed[field] = Number(text);
  }
  const parsed = optionsSchema.safeParse(typed);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => `--${kebab(String(issue.path[0]))}: ${issue.message}`).join('; '));
}

/** The flags with their defaults, for --help. */
export function describeOptions(): string {
  const lines = Object.entries(optionsSchema.shape).map(([field, schema]) => {
    const fallback = (optionsSchema.safeParse({}).data as Record<string, unknown>)[field];
    return `  --${kebab(field).padEnd(22)} ${schema.description}${fallback === undefined ? '' : ` (default ${JSON.stringify(fallback)})`}`;
  });
  return lines.join('\n');
}
