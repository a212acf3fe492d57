import { type ParseArgsConfig, parseArgs } from 'node:util';
import { fault, nearest, reason } from '#kernel';
import type { RunSummary } from '#plugins/trajectory/api';

export const USAGE = `usage: kernel start pipelines/trajectories.yaml -- COMMAND

  list [--state running|ended|interrupted] [--limit N]   runs, newest first
  show RUN [--json]                                      one run, step by step
  export RUN|--all [--format native|openai] [--out FILE] one JSON object a line and run
  stats [TOOL]                                           uses by tool and scenario

native holds every step; openai holds chat messages. Without --out it goes to standard output.
exit: 0 done, 1 refused, 2 wrong use, 3 no such run, 4 not available, 130 cancelled
`;
const STATES = ['running', 'ended', 'interrupted'] as const;
const FORMATS = ['native', 'openai'] as const;
const COMMANDS = ['list', 'show', 'export', 'stats'] as const;
export type ExportFormat = (typeof FORMATS)[number];

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'list'; readonly state: RunSummary['state'] | undefined; readonly limit: number | undefined }
  | { readonly name: 'show'; readonly id: string; readonly json: boolean }
  /** Without an id: all. */
  | {
      readonly name: 'export';
      readonly id: string | undefined;
      readonly format: ExportFormat;
      readonly file: string | undefined;
    }
  | { readonly name: 'stats'; readonly tool: string | undefined };

/** Fault CLI_USAGE (`invalid`) where the words make no command. */
export function parseCommand([word, ...words]: readonly string[]): Command {
  if (word === undefined || [word, ...words].some((each) => each === '--help' || each === '-h') || word === 'help')
    return { name: 'help' };
  const name = COMMANDS.find((each) => each === word);
  if (name === undefined) {
    const meant = nearest(word, COMMANDS);
    throw wrong(`there is no command "${word}"`, meant.length > 0 ? meant : COMMANDS);
  }
  if (name === 'list') {
    const { values } = parsed(words, 0, { state: { type: 'string' }, limit: { type: 'string' } });
    const limit = values.limit === undefined ? undefined : Number(values.limit);
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw wrong('--limit takes a number from 1');
    return { name, limit, state: values.state === undefined ? undefined : oneOf(values.state, STATES, 'state') };
  }
  if (name === 'show') {
    const { values, positionals } = parsed(words, 1, { json: { type: 'boolean' } });
    return { name, id: positionals[0] ?? which('show'), json: values.json ?? false };
  }
  if (name === 'stats') return { name, tool: parsed(words, 1, {}).positionals[0] };
  const { values, positionals } = parsed(words, 1, {
    all: { type: 'boolean' },
    format: { type: 'string' },
    out: { type: 'string' },
  });
  const [id] = positionals;
  if (values.all === true && id !== undefined) throw wrong('export takes a run or --all, not both');
  if (values.all !== true && id === undefined) which('export');
  return { name, id, format: oneOf(values.format ?? 'native', FORMATS, 'format'), file: values.out };
}

function parsed<O extends NonNullable<ParseArgsConfig['options']>>(words: readonly string[], most: number, options: O) {
  try {
    const found = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
    const extra = found.positionals[most];
    if (extra !== undefined) throw new Error(`"${extra}" is one word too many`);
    return found;
  } catch (error) {
    throw wrong(reason(error));
  }
}

function oneOf<T extends string>(word: string, known: readonly T[], what: string): T {
  const found = known.find((each) => each === word);
  if (found === undefined) throw wrong(`there is no ${what} "${word}"`, known);
  return found;
}

const which = (command: string): never => {
  throw wrong(`${command}: which run?`);
};
const wrong = (message: string, alternatives: readonly string[] = []) =>
  fault('CLI_USAGE', message, { kind: 'invalid', alternatives, hint: 'see --help' });
