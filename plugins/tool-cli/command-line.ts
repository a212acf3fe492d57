import { fault } from '#kernel';

export const USAGE = `usage: kernel start pipelines/tools.yaml -- COMMAND

  list [--format text|llm|json|openai|anthropic]   what there is
  describe TOOL                                    one tool: names, parameters, examples
  call TOOL [KEY=VALUE ...] [--json OBJECT]        run it; VALUE is JSON where the tool wants no text
        --raw        the whole result as JSON
        --action A   the tool of a server, where TOOL names a server
        -            with --json: read the object from standard input

TOOL is server/tool, a name as MCP clients see it, or a server with one main tool.
exit: 0 done, 1 the tool failed, 2 wrong use, 3 no such tool, 4 the server cannot be reached
`;

const FORMATS = ['text', 'llm', 'json', 'openai', 'anthropic'] as const;
export type ListFormat = (typeof FORMATS)[number];

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'list'; readonly format: ListFormat }
  | { readonly name: 'describe'; readonly tool: string }
  | {
      readonly name: 'call';
      readonly tool: string;
      readonly action: string | undefined;
      /** JSON text, or `-` for standard input. */
      readonly json: string | undefined;
      readonly pairs: readonly (readonly [key: string, value: string])[];
      readonly raw: boolean;
    };

/** Fault CLI_USAGE (`invalid`) where the words make no command. */
export function parseCommand(argv: readonly string[]): Command {
  const [name, ...words] = argv;
  if (name === undefined || name === 'help' || argv.includes('--help') || argv.includes('-h')) return { name: 'help' };
  const { options, rest } = takeOptions(words, name);
  if (name === 'list') {
    if (rest.length > 0) throw wrong(`list takes no "${rest[0]}"`);
    const format = (options.get('format') ?? 'text') as ListFormat;
    if (!FORMATS.includes(format)) throw wrong(`there is no format "${format}"`, FORMATS);
    return { name, format };
  }
  const [tool, ...more] = rest;
  if (tool === undefined) throw wrong(`${name}: which tool?`);
  if (name === 'describe') {
    if (more.length > 0) throw wrong(`describe takes one tool, and got "${more[0]}" too`);
    return { name, tool };
  }
  return {
    name: 'call',
    tool,
    action: options.get('action'),
    json: options.get('json'),
    pairs: more.map(pair),
    raw: options.has('raw'),
  };
}

const OPTIONS: Readonly<Record<string, Readonly<Record<string, 'value' | 'flag'>>>> = {
  list: { format: 'value' },
  describe: {},
  call: { json: 'value', action: 'value', raw: 'flag' },
};

function takeOptions(words: readonly string[], name: string) {
  const known = OPTIONS[name];
  if (!known) throw wrong(`there is no command "${name}"`, Object.keys(OPTIONS));
  const options = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const [, option, inline] = /^--([a-z]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (option === undefined) {
      rest.push(word);
      continue;
    }
    const kind = known[option];
    if (!kind)
      throw wrong(
        `${name} has no option "--${option}"`,
        Object.keys(known).map((one) => `--${one}`),
      );
    const value = kind === 'flag' ? 'true' : (inline ?? words[++at]);
    if (value === undefined) throw wrong(`--${option} needs a value`);
    options.set(option, value);
  }
  return { options, rest };
}

function pair(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  if (at < 1) throw wrong(`"${word}" is not KEY=VALUE`);
  return [word.slice(0, at), word.slice(at + 1)];
}

const wrong = (message: string, alternatives: readonly string[] = []) =>
  fault('CLI_USAGE', message, { kind: 'invalid', alternatives, hint: 'see --help' });
