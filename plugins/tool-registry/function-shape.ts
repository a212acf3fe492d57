import { z } from 'zod';
import { type Fault, fault, nearest } from '#kernel';
import type { FunctionTool, FunctionTools } from './api.ts';
import { isObject } from './schema-check.ts';

const text = z.string();
const list = z.array(z.unknown());
const record = z.custom<Record<string, unknown>>(isObject, 'is not an object');

/** Looked at through the kernel's handles, so only asked for what is there: nothing is copied. */
const GROUP = z.strictObject({
  title: text.optional(),
  description: text.optional(),
  toolkit: text.optional(),
  tools: list,
} satisfies Record<keyof FunctionTools, z.ZodType>);

const TOOL = z.strictObject({
  name: text.min(1, 'is empty'),
  title: text.optional(),
  description: text,
  parameters: record,
  annotations: record.optional(),
  capabilities: z.array(text).optional(),
  examples: z.array(z.looseObject({ description: text.optional(), parameters: record })).optional(),
  run: z.custom((value) => typeof value === 'function', 'is not a function'),
} satisfies Record<keyof FunctionTool, z.ZodType>);

/** Throws FUNCTION_TOOLS_INVALID, which names the group and each key that is wrong. */
export function checkGroup(group: string, value: unknown): asserts value is FunctionTools {
  check(GROUP, `the group "${group}"`, value, { group });
}

/** The same for one tool of a group; `index` says which one where it has no name. */
export function checkTool(group: string, index: number, value: unknown): asserts value is FunctionTool {
  const name = isObject(value) && typeof value.name === 'string' ? value.name : undefined;
  const which = name === undefined || name === '' ? `tool ${index + 1}` : `tool "${name}"`;
  check(TOOL, `${which} of the group "${group}"`, value, { group, tool: name ?? index });
}

function check(schema: z.ZodObject, what: string, value: unknown, where: Readonly<Record<string, unknown>>): void {
  const parsed = schema.safeParse(value);
  if (parsed.success) return;
  const found = problems(schema, value, parsed.error.issues);
  if (found.length > 0) throw invalid(`${what}: ${found.join('; ')}`, where);
}

function problems(schema: z.ZodObject, value: unknown, issues: readonly z.core.$ZodIssue[]): string[] {
  if (!isObject(value)) return ['it is not an object'];
  const absent = Object.keys(schema.shape).filter((key) => value[key] === undefined);
  const meant = new Set<string>();
  const found: string[] = [];
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys' || issue.path.length > 0) continue;
    for (const key of issue.keys) {
      const [near] = nearest(key, absent, 1);
      if (near !== undefined) meant.add(near);
      // An instance of a class may have fields of its own, but hardly ones that are misspelt.
      if (near === undefined && !isPlain(value)) continue;
      found.push(`"${key}" is not known${near === undefined ? '' : `, did you mean "${near}"?`}`);
    }
  }
  for (const issue of issues) {
    const at = issue.path.map(String).join('.');
    if (at === '' || meant.has(at)) continue;
    found.push(issue.path.length === 1 && absent.includes(at) ? `"${at}" is missing` : `"${at}" ${said(issue)}`);
  }
  return found;
}

const said = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type'
    ? `is not ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`
    : issue.message;

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const invalid = (message: string, data: Readonly<Record<string, unknown>>): Fault =>
  fault('FUNCTION_TOOLS_INVALID', message, {
    kind: 'invalid',
    hint: 'a group has { tools, title?, description?, toolkit? }, a tool { name, description, parameters, run } and more',
    data,
  });
