import type { z } from 'zod';
import { nearest } from './errors.ts';
import { didYouMean, type Place, type Problem } from './problem.ts';
import { MASK, optionNames, visitStrings } from './schema.ts';
import { findTree, type MapTree, toValue } from './tree.ts';

interface Subject {
  /** What the options belong to, e.g. a plugin's id; empty for the pipeline itself. */
  readonly owner: string;
  readonly schema: z.ZodObject;
  readonly tree: MapTree | undefined;
  /** Where a missing option is reported. */
  readonly at: Place;
  readonly codes: { readonly unknown: string; readonly invalid: string; readonly missing: string };
}

type Issue = z.core.$ZodIssue;

/** Parses options by their schema; each issue becomes a problem at the line and column of what caused it. */
export function checkConfig(subject: Subject): { value: unknown; problems: Problem[] } {
  const input = subject.tree === undefined ? {} : toValue(subject.tree);
  let result = subject.schema.safeParse(input);
  if (!result.success && restoreText(subject, input, result.error.issues)) result = subject.schema.safeParse(input);
  if (result.success) return { value: result.data, problems: [] };
  return { value: undefined, problems: result.error.issues.flatMap((issue) => describe(subject, issue, input)) };
}

/** The environment gave `123` for an option that wants text: give it the text. True if anything was changed. */
function restoreText(subject: Subject, input: unknown, issues: readonly Issue[]): boolean {
  let changed = false;
  for (const issue of issues) {
    // A number that is too large, or has a fraction, is a number nevertheless: as text it would be told wrongly.
    if (isAboutNumbers(issue)) continue;
    const { tree, whole } = subject.tree ? findTree(subject.tree, issue.path) : { tree: undefined, whole: false };
    if (!whole || tree?.kind !== 'scalar' || tree.text === undefined || tree.value === tree.text) continue;
    const holder = valueAt(input, issue.path.slice(0, -1)) as Record<PropertyKey, unknown>;
    holder[issue.path.at(-1)!] = tree.text;
    changed = true;
  }
  return changed;
}

const isAboutNumbers = (issue: Issue): boolean =>
  ((issue.code === 'too_big' || issue.code === 'too_small') && issue.origin === 'number') ||
  (issue.code === 'invalid_type' && issue.expected === 'int') ||
  issue.code === 'not_multiple_of';

function describe(subject: Subject, issue: Issue, input: unknown): Problem[] {
  const { owner, codes } = subject;
  const found = subject.tree ? findTree(subject.tree, issue.path) : undefined;
  const name = [owner, ...issue.path.map(String)].filter(Boolean).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = optionNames(subject.schema, issue.path);
    return issue.keys.map((key) => ({
      at: (found?.tree.kind === 'map' ? found.tree.entries.get(key)?.at : undefined) ?? subject.at,
      code: codes.unknown,
      what: owner === '' && issue.path.length === 0 ? `unknown key "${key}"` : `${name} has no option "${key}"`,
      hint: didYouMean(nearest(key, known)) ?? (known.length > 0 ? `it has: ${known.join(', ')}` : undefined),
    }));
  }
  const value = valueAt(input, issue.path);
  if (value === undefined)
    return [
      {
        at: found && issue.path.length > 1 ? found.tree.at : subject.at,
        code: codes.missing,
        what: `${name} is missing: ${expectation(issue)}`,
      },
    ];
  const alternatives =
    issue.code === 'invalid_value' && typeof value === 'string' ? nearest(value, issue.values.map(String)) : [];
  return [
    {
      at: found?.tree.at ?? subject.at,
      code: codes.invalid,
      what: `${name}: ${expectation(issue)}, got ${shown(subject.schema, issue.path, input, value)}`,
      hint: didYouMean(alternatives),
    },
  ];
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return issue.errors.map((branch) => branch.map(expectation).join(' and ')).join(', or ');
  return issue.message
    .replace(/^(?:Invalid (?:input|option)|Too (?:small|big)): /, '')
    .replace(/, received \w+$/, '')
    .replace(/^[A-Z]/, (first) => first.toLowerCase());
}

function shown(schema: z.ZodObject, path: readonly PropertyKey[], input: unknown, value: unknown): string {
  let hidden = false;
  visitStrings(schema, input, (string) => {
    if (string.secret && path.every((key, index) => string.path[index] === key)) hidden = true;
  });
  const text = hidden ? MASK : masked(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** What stands before an @ may be a password, also where the rest is no address. */
export const masked = (value: unknown): string =>
  (JSON.stringify(value) ?? String(value)).replace(/[^\s"]+@/g, `${MASK}@`);

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((here, key) => (here as Record<PropertyKey, unknown> | null | undefined)?.[key], input);
