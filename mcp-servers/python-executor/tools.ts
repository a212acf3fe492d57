import type { Tool } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type ArgumentSchemas, argumentSchemas, type ToolName } from './arguments.ts';
import type { Options } from './options.ts';

type Description = Pick<Tool, 'title' | 'description' | 'annotations'>;

function descriptions(options: Options): Record<ToolName, Description> {
  const packages =
    options.allowPackages.length > 0
      ? `Allowed here: ${options.allowPackages.join(', ')}.`
      : 'Switched off on this server.';
  return {
    python_execute: {
      title: 'Run Python code',
      description: [
        'Runs Python 3 code, a script or a single expression, in a sandbox and returns stdout, stderr, the value of the last expression, and new files.',
        'There is no network and no access to files of the host; no shell and no programs but Python.',
        'Write files into the current folder to return them; pictures and open matplotlib figures come back as images.',
        `Limits: ${options.timeoutSeconds} s unless timeout_seconds says otherwise (at most ${options.maxTimeoutSeconds} s),`,
        `${options.memoryMib} MiB of memory, ${options.outputBytes} bytes of output, ${options.artifactFiles} files of ${options.artifactMib} MiB together.`,
        'Variables, imports and files last only within a session_id.',
      ].join(' '),
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    },
    python_session_open: {
      title: 'Open a Python session',
      description: `Starts a persistent Python session and returns its session_id. At most ${options.sessions} at a time; closed after ${options.sessionIdleSeconds} s without use. An open session of the same name is reset.`,
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
    },
    python_session_close: {
      title: 'Close a Python session',
      description: 'Ends a session with all its processes and files.',
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    python_session_list: {
      title: 'List Python sessions',
      description: 'Open sessions with their age and use.',
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    python_install_packages: {
      title: 'Install Python packages',
      description: `Installs packages with pip for one session, if the operator allowed them by name. ${packages}`,
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
    },
  };
}

/**
 * The array that tools/list answers. Converting schemas costs milliseconds, so it is built once, on first use. No tool declares
 * the shape of its result (the README shows it): SDK clients compile such schemas with each listing, which took 10 ms here.
 */
export function toolList(options: Options, schemas: ArgumentSchemas = argumentSchemas(options)): Tool[] {
  const described = descriptions(options);
  return (Object.keys(schemas) as ToolName[]).map((name) => ({
    name,
    ...described[name],
    inputSchema: z.toJSONSchema(schemas[name], { io: 'input' }) as Tool['inputSchema'],
  }));
}
