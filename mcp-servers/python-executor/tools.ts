import type { Tool } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type ArgumentSchemas, argumentSchemas, type ToolName } from './arguments.ts';
import type { Options } from './options.ts';

const error = z.object({
  code: z.string().describe('stable, such as PYTHON_ERROR, TIMED_OUT, MEMORY_EXCEEDED, BAD_INPUT, BUSY'),
  type: z.string().describe('exception type, or the name of the limit'),
  message: z.string(),
  traceback: z.string().optional().describe('from the first line of the given code on'),
  hint: z.string().optional(),
});

const executeResult = z.object({
  success: z.boolean(),
  error: error.nullable(),
  stdout: z.string().optional(),
  stderr: z.string().optional(),
  value: z.string().nullable().optional().describe('repr of the last expression'),
  value_json: z.unknown().optional().describe('the same value, where JSON can hold it exactly'),
  exit_code: z.number().optional().describe('where the code called sys.exit or os._exit'),
  artifacts: z
    .array(z.object({ path: z.string(), uri: z.string(), mime_type: z.string(), size: z.number() }))
    .optional()
    .describe('new and changed files; their content is in the content blocks'),
  artifacts_skipped: z.array(z.object({ path: z.string(), reason: z.string() })).optional(),
  execution_time_ms: z.number().optional(),
  engine: z.string().optional().describe('what ran the code'),
  timed_out: z.boolean().optional(),
  memory_exceeded: z.boolean().optional(),
  output_truncated: z.boolean().optional(),
  session_id: z.string().optional(),
  session_reset: z.boolean().optional().describe('the session lost its state; the next call starts a new one'),
});

const session = z.object({
  session_id: z.string(),
  executions: z.number(),
  age_seconds: z.number(),
  idle_seconds: z.number(),
});
const sessionResult = z.object({
  success: z.boolean(),
  error: error.nullable(),
  sessions: z.array(session).optional(),
});
const installResult = z.object({
  success: z.boolean(),
  error: error.nullable(),
  installed: z.array(z.string()).optional(),
  log: z.string().optional(),
});

type Description = Pick<Tool, 'title' | 'description' | 'annotations'> & { output: z.ZodObject };

function descriptions(options: Options): Record<ToolName, Description> {
  const packages =
    options.allowPackages.length > 0
      ? `Allowed here: ${options.allowPackages.join(', ')}.`
      : 'Switched off on this server.';
  return {
    python_execute: {
      title: 'Run Python code',
      description: [
        'Runs Python 3 code in a sandbox and returns stdout, stderr, the value of the last expression, and new files.',
        'There is no network and no access to files of the host; no shell and no programs but Python.',
        'Write files into the current folder to return them; pictures and open matplotlib figures come back as images.',
        `Limits: ${options.timeoutSeconds} s unless timeout_seconds says otherwise (at most ${options.maxTimeoutSeconds} s),`,
        `${options.memoryMib} MiB of memory, ${options.outputBytes} bytes of output, ${options.artifactFiles} files of ${options.artifactMib} MiB together.`,
        'Variables, imports and files last only within a session_id.',
      ].join(' '),
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
      output: executeResult,
    },
    python_session_open: {
      title: 'Open a Python session',
      description: `Starts a persistent Python session and returns its session_id. At most ${options.sessions} at a time; closed after ${options.sessionIdleSeconds} s without use. An open session of the same name is reset.`,
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
      output: sessionResult,
    },
    python_session_close: {
      title: 'Close a Python session',
      description: 'Ends a session with all its processes and files.',
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
      output: sessionResult,
    },
    python_session_list: {
      title: 'List Python sessions',
      description: 'Open sessions with their age and use.',
      annotations: { readOnlyHint: true, openWorldHint: false },
      output: sessionResult,
    },
    python_install_packages: {
      title: 'Install Python packages',
      description: `Installs packages with pip for one session, if the operator allowed them by name. ${packages}`,
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
      output: installResult,
    },
  };
}

/** The array that tools/list answers. Converting schemas costs milliseconds, so it is built once, on first use. */
export function toolList(options: Options, schemas: ArgumentSchemas = argumentSchemas(options)): Tool[] {
  const described = descriptions(options);
  return (Object.keys(schemas) as ToolName[]).map((name) => {
    const { output, ...rest } = described[name];
    return {
      name,
      ...rest,
      inputSchema: z.toJSONSchema(schemas[name], { io: 'input' }) as Tool['inputSchema'],
      outputSchema: z.toJSONSchema(output) as NonNullable<Tool['outputSchema']>,
    };
  });
}
