import { homedir } from 'node:os';
import path from 'node:path';
import type { EntryProblem } from './api.ts';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workspace: string;
}
type Path = readonly (string | number)[];

/** Keys whose strings are shown to people or are names: a `${` in them is text. */
const LITERAL = new Set(['description', 'title', 'aliases', 'toolkit', 'capabilities', 'mainTool']);
/** Here a leading `~` is the home folder, as a shell would have it. */
const PATHS = new Set(['command', 'args', 'cwd', 'envFile', 'module', 'manifest']);
const VARIABLE = /\$\$\{|\$\{([^{}]*)\}/g;

/** A copy of an entry with all variables replaced. Values never appear in a problem. */
export function expandEntry(entry: unknown, around: Surroundings, problems: EntryProblem[]): unknown {
  return walk(entry, [], around, problems);
}

function walk(value: unknown, at: Path, around: Surroundings, problems: EntryProblem[]): unknown {
  if (typeof value === 'string') return expand(value, at, around, problems);
  if (Array.isArray(value)) return value.map((one, index) => walk(one, [...at, index], around, problems));
  if (typeof value !== 'object' || value === null) return value;
  const literal = at.length === 0;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      literal && LITERAL.has(key) ? one : walk(one, [...at, key], around, problems),
    ]),
  );
}

function expand(text: string, at: Path, around: Surroundings, problems: EntryProblem[]): string {
  const home = PATHS.has(String(at.findLast((part) => typeof part === 'string'))) && /^~(?=$|[/\\])/.test(text);
  const expanded = text.replace(VARIABLE, (found: string, name?: string) => {
    if (name === undefined) return '${';
    const value = lookUp(name, around);
    if (typeof value === 'string') return value;
    problems.push({ path: at, ...value });
    return found;
  });
  return home ? homedir() + expanded.slice(1) : expanded;
}

function lookUp(written: string, { env, workspace }: Surroundings): string | Omit<EntryProblem, 'path'> {
  if (written === 'userHome') return homedir();
  if (written === 'workspaceFolder') return workspace;
  if (written === 'workspaceFolderBasename') return path.basename(workspace);
  if (written === 'pathSeparator' || written === '/') return path.sep;
  const [, name, withDefault, otherwise = ''] = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?$/s.exec(written) ?? [];
  if (name !== undefined) {
    const value = env[name];
    if (withDefault !== undefined) return value === undefined || value === '' ? otherwise : value;
    if (value !== undefined) return value;
    return {
      code: 'SERVER_ENTRY_ENV',
      problem: `the environment variable ${name} is not set and has no default`,
      hint: `set it, or write \${${name}:-value}`,
    };
  }
  if (written.startsWith('input:'))
    return {
      code: 'SERVER_ENTRY_ENV',
      problem: `\${${written}} asks the user of an editor, and here is none`,
      hint: `write \${env:NAME} and set NAME`,
    };
  return {
    code: 'SERVER_ENTRY_ENV',
    problem: `\${${written}} is not a variable`,
    hint: `there are \${NAME}, \${env:NAME}, \${NAME:-default}, \${userHome} and \${workspaceFolder}; a literal \${ is written $\${`,
  };
}
