import { z } from 'zod';
import { Fault } from './faults.ts';
import type { Options } from './options.ts';

const MIB = 1024 * 1024;
const MAX_CODE = MIB;
const MAX_STDIN = MIB;
const MAX_FILES = 100;
const MAX_FILES_BYTES = 8 * MIB;

const sessionId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
  .describe('Persistent session; made on first use. Without it, nothing is kept between calls.');

/** The reason why this cannot be the path of a file below the work folder, or undefined. */
export function pathProblem(path: string): string | undefined {
  if (path === '' || path.length > 255) return 'must be 1 to 255 characters';
  if (path.startsWith('/') || path.includes('\\') || path.includes('\0') || /^[A-Za-z]:/.test(path))
    return 'must be relative, with "/" between folders';
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return 'must not contain ".", ".." or empty parts';
  return undefined;
}

const inputFile = z
  .strictObject({
    path: z
      .string()
      .superRefine((path, context) => {
        const problem = pathProblem(path);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
      })
      .describe('relative to the work folder, such as data/in.csv'),
    content: z.string().optional().describe('text, stored as UTF-8'),
    base64: z.base64().optional().describe('bytes, instead of content'),
  })
  .refine((file) => (file.content === undefined) !== (file.base64 === undefined), 'needs either content or base64');

/** Input schemas of all tools; they hold the limits, so they depend on the options. */
export function argumentSchemas(options: Options) {
  const timeout = z.number().positive().max(options.maxTimeoutSeconds);
  return {
    python_execute: z.strictObject({
      code: z
        .string()
        .max(MAX_CODE)
        .describe('Python 3 source. The value of a last expression is returned, as in a REPL.'),
      timeout_seconds: timeout.optional().describe(`time limit; default ${options.timeoutSeconds}`),
      session_id: sessionId.optional(),
      files: z
        .array(inputFile)
        .max(MAX_FILES)
        .optional()
        .describe('files put into the work folder before the code runs'),
      stdin: z.string().max(MAX_STDIN).optional().describe('what input() and sys.stdin read'),
    }),
    python_session_open: z.strictObject({ session_id: sessionId.optional() }),
    python_session_close: z.strictObject({ session_id: sessionId }),
    python_session_list: z.strictObject({}),
    python_install_packages: z.strictObject({
      session_id: sessionId,
      packages: z
        .array(z.string().min(1).max(200))
        .min(1)
        .max(20)
        .describe('names, or names with a version such as "attrs==25.1.0"'),
    }),
  };
}

export type ArgumentSchemas = ReturnType<typeof argumentSchemas>;
export type ToolName = keyof ArgumentSchemas;
export type ExecuteArguments = z.infer<ArgumentSchemas['python_execute']>;

/** Parses, or throws a Fault that names every wrong field and what fits. */
export function parseArguments<Name extends ToolName>(
  schemas: ArgumentSchemas,
  name: Name,
  value: unknown,
): z.infer<ArgumentSchemas[Name]> {
  const parsed = schemas[name].safeParse(value ?? {});
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`);
    throw new Fault(
      'BAD_INPUT',
      issues.join('; '),
      `${name} takes: ${Object.keys(schemas[name].shape).join(', ') || 'nothing'}`,
    );
  }
  return parsed.data as z.infer<ArgumentSchemas[Name]>;
}

/** The files of a call as base64, checked together. */
export function inputFiles(files: ExecuteArguments['files']): { path: string; base64: string }[] {
  const encoded = (files ?? []).map(({ path, content, base64 }) => ({
    path,
    base64: base64 ?? Buffer.from(content ?? '', 'utf8').toString('base64'),
  }));
  const bytes = encoded.reduce((sum, file) => sum + file.base64.length * 0.75, 0);
  if (bytes > MAX_FILES_BYTES) {
    throw new Fault(
      'BAD_INPUT',
      `files: ${Math.round(bytes)} bytes together, more than ${MAX_FILES_BYTES}`,
      'send fewer or smaller files',
    );
  }
  return encoded;
}
