/** What is looked at in the arguments of a call. */
const MOST_LEAVES = 2_000;
const DEEPEST = 8;

export interface Leaf {
  /** Names from the top, with dots between; places in lists are left out. */
  readonly path: string;
  readonly key: string;
  readonly text: string;
}
export interface Leaves {
  readonly all: readonly Leaf[];
  /** There is more than was looked at. */
  readonly cut: boolean;
}

/** All texts and numbers in the arguments. */
export function leavesOf(args: unknown): Leaves {
  const all: Leaf[] = [];
  let cut = false;
  const visit = (value: unknown, path: string, key: string, depth: number): void => {
    if (all.length >= MOST_LEAVES || depth > DEEPEST) cut = true;
    else if (Array.isArray(value))
      for (const each of value.slice(0, MOST_LEAVES + 1)) visit(each, path, key, depth + 1);
    else if (typeof value === 'object' && value !== null)
      for (const [name, each] of Object.entries(value))
        visit(each, path === '' ? name : `${path}.${name}`, name, depth + 1);
    else if (value !== undefined && value !== null) all.push({ path, key, text: String(value) });
  };
  visit(args, '', '', 0);
  return { all, cut };
}

const COMMAND = /^(?:command|commands|cmd|cmds|command_?line|cmd_?line|shell_?command|shell|bash|sh|argv)$/i;
const PROGRAM = /^(?:command|cmd|program|executable|binary)$/i;
const ARGUMENTS = /^(?:args|arguments|argv|parameters)$/i;
/** Tools that run whatever they are given, whatever they call it. */
const SHELL_TOOL =
  /(?:^|[^a-z])(?:bash|shell|sh|zsh|terminal|console|exec|execute_?command|run_?command|cmd|powershell|ssh|subprocess)(?:$|[^a-z])/;
const NO_COMMAND =
  /cwd|dir|path|folder|desc|reason|title|explanation|name|env|^id$|_id$|session|encoding|mode|host|user|type/i;

/** The shell commands in the arguments of a call. */
export function commandsOf(tool: string, args: unknown): readonly string[] {
  const found: string[] = [];
  collect(args, found, 0);
  if (found.length > 0 || !SHELL_TOOL.test(tool.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase())) return found;
  return leavesOf(args)
    .all.filter(({ key, text }) => !NO_COMMAND.test(key) && /[a-z]/i.test(text))
    .map(({ text }) => text);
}

function collect(args: unknown, found: string[], depth: number): void {
  if (typeof args !== 'object' || args === null || depth > DEEPEST || found.length > MOST_LEAVES) return;
  if (Array.isArray(args)) {
    for (const each of args) collect(each, found, depth + 1);
    return;
  }
  const entries = Object.entries(args);
  const rest = entries.find(([key, value]) => ARGUMENTS.test(key) && isTexts(value))?.[1] as
    | readonly string[]
    | undefined;
  for (const [key, value] of entries) {
    if (typeof value === 'string') {
      if (PROGRAM.test(key) && rest !== undefined) found.push([value, ...rest.map(quoted)].join(' '));
      else if (COMMAND.test(key)) found.push(value);
    } else if (isTexts(value)) {
      // Of one program with its arguments, or of several commands.
      if (!COMMAND.test(key)) continue;
      if (/s$/i.test(key) || value.length === 1) found.push(...value);
      else if (!(ARGUMENTS.test(key) && entries.some(([other]) => PROGRAM.test(other))))
        found.push(value.map(quoted).join(' '));
    } else collect(value, found, depth + 1);
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
