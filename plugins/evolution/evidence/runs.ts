import type { JsonSchema } from '#plugins/tool-registry/api';

/** What is learnt from of one run. */
export interface UsedRun {
  readonly id: string;
  readonly scenario: string | undefined;
  /** undefined: nobody can say. */
  readonly success: boolean | undefined;
  readonly calls: readonly UsedCall[];
}
export interface UsedCall {
  /** As the run names it. */
  readonly tool: string;
  readonly ok: boolean;
  /** Of a call that failed; still as the tool wrote it, cut. */
  readonly error?: string;
  /** Names of its arguments, and `name=value` for short values, which count only where the schema lists them. */
  readonly args: readonly string[];
}

const MOST_CALLS = 500;
const MOST_ARGS = 30;
const SHORT = 40;
const ERROR = 500;

export function usedCall(tool: string, args: unknown, ok: boolean, error: unknown): UsedCall {
  const given = typeof args === 'object' && args !== null && !Array.isArray(args) ? Object.entries(args) : [];
  return {
    tool,
    ok,
    ...(!ok && { error: textOf(error).slice(0, ERROR) }),
    args: given.slice(0, MOST_ARGS).flatMap(([name, value]) => {
      const isShort = typeof value === 'boolean' || (typeof value === 'string' && value.length <= SHORT);
      return isShort ? [name, `${name}=${JSON.stringify(value)}`] : [name];
    }),
  };
}

export const bounded = (run: UsedRun): UsedRun =>
  run.calls.length <= MOST_CALLS ? run : { ...run, calls: run.calls.slice(0, MOST_CALLS) };

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const { text, error, message } = value as Record<string, unknown>;
  for (const each of [text, error, message]) if (typeof each === 'string') return each;
  return '';
}

/** Names and `name=value` pairs that the schema itself lists: nothing of a run can hide in them. */
export function listedArguments(schema: JsonSchema): ReadonlySet<string> {
  const listed = new Set<string>();
  const properties = schema?.properties;
  if (typeof properties !== 'object' || properties === null) return listed;
  for (const [name, value] of Object.entries(
    properties as Record<string, { enum?: unknown; type?: unknown } | undefined>,
  )) {
    if (!/^[\w-]{1,40}$/.test(name)) continue;
    listed.add(name);
    const values =
      value?.type === 'boolean' ? [true, false] : Array.isArray(value?.enum) ? value.enum.slice(0, 50) : [];
    for (const each of values) if (/^[\w .:-]{1,40}$/.test(String(each))) listed.add(`${name}=${JSON.stringify(each)}`);
  }
  return listed;
}
