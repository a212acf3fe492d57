import path from 'node:path';
import { z } from 'zod';
import { nearest, reason } from '#kernel';
import type { ServerSpec, ToolDefinition } from '#plugins/tool-registry/api';
import type { EntryProblem } from './api.ts';
import type { EntryDefaults } from './config.ts';
import { FOREIGN_KEYS, KNOWN_KEYS, type ServerEntry, serverEntry, URL_KEYS } from './entry-schema.ts';
import { launches } from './launch.ts';
import { readLocalFile } from './local-file.ts';

const MANIFEST_MOST_BYTES = 16 * 1_048_576;

export interface ParsedEntry {
  readonly spec: ServerSpec | undefined;
  readonly disabled: boolean;
  readonly problems: readonly EntryProblem[];
  /** Keys that mean nothing here: those of other clients, and those that nobody knows. */
  readonly ignored: readonly string[];
  readonly unknown: readonly string[];
}

/** From an entry, its variables replaced already, to a server; or everything that is wrong with it. */
export function parseEntry(
  id: string,
  entry: unknown,
  owner: string,
  defaults: EntryDefaults,
  workspace: string,
): ParsedEntry {
  const problems: EntryProblem[] = [];
  const { ignored, unknown } = strangeKeys(entry, problems);
  const parsed = serverEntry.safeParse(entry);
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => explain(issue, entry)));
  const disabled = isOff(entry);
  if (!parsed.success || disabled)
    return { spec: undefined, disabled, problems: disabled ? [] : problems, ignored, unknown };
  const spec = toSpec(id, parsed.data, owner, defaults, workspace, problems);
  return { spec: problems.length === 0 ? spec : undefined, disabled, problems, ignored, unknown };
}

/** A broken entry that is switched off harms nobody. */
export const isOff = (entry: unknown): boolean => {
  const { disabled, enabled } = (entry ?? {}) as { disabled?: unknown; enabled?: unknown };
  return disabled === true || enabled === false;
};

function toSpec(
  id: string,
  entry: ServerEntry,
  owner: string,
  defaults: EntryDefaults,
  workspace: string,
  problems: EntryProblem[],
): ServerSpec {
  const { title, description, aliases, toolkit, capabilities, mainTool } = entry;
  const said = { title, description, aliases, toolkit, capabilities, mainTool };
  const manifest = entry.manifest === undefined ? undefined : readManifest(entry.manifest, workspace, problems);
  return {
    id,
    ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<ServerSpec>),
    launches: launches(entry, workspace, problems),
    start: entry.start ?? defaults.start,
    connection: entry.connection ?? 'shared',
    pool: { warm: entry.pool?.warm ?? 0, max: entry.pool?.max ?? defaults.poolMax },
    protocol: entry.protocol ?? 'auto',
    timeouts: {
      connectMs: entry.timeouts?.connectMs ?? defaults.connectMs,
      callMs: entry.timeouts?.callMs ?? defaults.callMs,
      idleMs: entry.timeouts?.idleMs ?? defaults.idleMs,
    },
    ...(manifest && { manifest }),
    owner,
  };
}

const manifestFile = z.union([
  z.array(z.looseObject({ name: z.string(), inputSchema: z.record(z.string(), z.unknown()) })),
  z.looseObject({
    tools: z.array(z.looseObject({ name: z.string(), inputSchema: z.record(z.string(), z.unknown()) })),
  }),
]);

function readManifest(
  written: NonNullable<ServerEntry['manifest']>,
  workspace: string,
  problems: EntryProblem[],
): readonly ToolDefinition[] | undefined {
  if (typeof written !== 'string') return written as readonly ToolDefinition[];
  try {
    const content = manifestFile.parse(
      JSON.parse(readLocalFile(path.resolve(workspace, written), MANIFEST_MOST_BYTES)),
    );
    return (Array.isArray(content) ? content : content.tools) as readonly ToolDefinition[];
  } catch (error) {
    // The parser's own message quotes the file.
    const notJson = error instanceof SyntaxError ? 'it is not JSON' : reason(error);
    const why = error instanceof z.ZodError ? 'it is not a list of tools' : notJson;
    problems.push({ path: ['manifest'], code: 'SERVER_ENTRY_INVALID', problem: `it cannot be read: ${why}` });
    return undefined;
  }
}

/** A key that looks like a slip of ours is refused; any other is somebody else's and harmless. */
function strangeKeys(entry: unknown, problems: EntryProblem[]): Pick<ParsedEntry, 'ignored' | 'unknown'> {
  const ignored: string[] = [];
  const unknown: string[] = [];
  const known = [...KNOWN_KEYS, ...URL_KEYS];
  for (const key of typeof entry === 'object' && entry !== null ? Object.keys(entry) : []) {
    if (known.includes(key)) continue;
    if (FOREIGN_KEYS.has(key)) ignored.push(key);
    else {
      const [near] = nearest(
        key,
        known.filter((one) => Math.abs(one.length - key.length) <= 2),
        1,
      );
      if (near === undefined) unknown.push(key);
      else
        problems.push({
          path: [key],
          code: 'SERVER_ENTRY_KEY',
          problem: `there is no key "${key}"`,
          hint: `did you mean "${near}"?`,
        });
    }
  }
  return { ignored, unknown };
}

function explain(issue: z.core.$ZodIssue, entry: unknown): EntryProblem[] {
  const at = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const make = (path: readonly (string | number)[], problem: string, hint?: string): EntryProblem => ({
    path,
    code: 'SERVER_ENTRY_INVALID',
    problem,
    ...(hint !== undefined && { hint }),
  });
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => make([...at, key], `there is no key "${key}"`));
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const got = at.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], entry);
    const [near] = typeof got === 'string' ? nearest(got, values, 1) : [];
    return [make(at, `expected one of ${values.join(', ')}`, near && `did you mean "${near}"?`)];
  }
  return [make(at, issue.message.replace(/^Invalid input: /, ''))];
}
