import { parseArgs } from 'node:util';
import { fault } from '#kernel';

export const USAGE = `usage: kernel start pipelines/agent.yaml -- [OPTIONS] TASK

  TASK              what is to be done; - reads it from standard input
  --file FILE       tasks as JSON lines {"description", "id"?, "profile"?, "max_steps"?, "max_usd"?}; - for standard input.
                    What is done already is not done again
  --out FILE        with --file: results are appended here; else they go to standard output
  --resume RUN      go on with a run that was interrupted
  --max-steps N     stop after N steps
  --max-usd N       stop before more than N US dollars are spent
  --profile NAME    the profile of llm that thinks
  --yes             permit every tool without asking
  --json            events as JSON lines on standard output; the last one is {"type":"done", ...}
  --help

The answer goes to standard output, everything else to standard error. Ctrl-C stops within a step; the run can be resumed.
exit: 0 done, 1 error, 2 wrong use, 3 a budget is spent, 4 stuck, 5 needs a person, 130 interrupted
`;

export interface Limits {
  readonly maxSteps?: number;
  readonly maxUsd?: number;
  readonly profile?: string;
}
export type Command =
  | { readonly name: 'help' }
  | (Common &
      (
        | ({ readonly name: 'task'; readonly task: string } & Limits)
        | { readonly name: 'resume'; readonly run: string }
        | { readonly name: 'file'; readonly file: string; readonly out: string | undefined }
      ));
export interface Common {
  readonly isJson: boolean;
  readonly isYes: boolean;
}

const OPTIONS = {
  json: { type: 'boolean' },
  yes: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  file: { type: 'string' },
  out: { type: 'string' },
  resume: { type: 'string' },
  profile: { type: 'string' },
  'max-steps': { type: 'string' },
  'max-usd': { type: 'string' },
} as const;

/** Fault CLI_USAGE (`invalid`) where the words make no command. `config` is used where no task is named. */
export function parseCommand(
  argv: readonly string[],
  config: { readonly file: string; readonly out: string },
): Command {
  const { values, words } = parse(argv);
  if (values.help) return { name: 'help' };
  const common = { isJson: values.json ?? false, isYes: values.yes ?? false };
  const limits: Limits = {
    ...(values['max-steps'] !== undefined && { maxSteps: positive('--max-steps', values['max-steps'], true) }),
    ...(values['max-usd'] !== undefined && { maxUsd: positive('--max-usd', values['max-usd'], false) }),
    ...(values.profile !== undefined && { profile: values.profile }),
  };
  const hasLimits = Object.keys(limits).length > 0;
  const alone = (option: string): void => {
    if (words.length > 0) throw wrong(`${option} takes no task besides`);
    if (hasLimits) throw wrong(`${option} takes no --max-steps, --max-usd or --profile`);
  };
  if (values.resume !== undefined) {
    alone('--resume');
    if (values.file !== undefined) throw wrong('--resume takes no --file');
    return { name: 'resume', run: values.resume, ...common };
  }
  const file = values.file ?? (words.length === 0 && config.file !== '' ? config.file : undefined);
  if (file !== undefined) {
    alone('--file');
    return { name: 'file', file, out: values.out ?? (config.out === '' ? undefined : config.out), ...common };
  }
  if (values.out !== undefined) throw wrong('--out belongs to --file');
  if (words.length === 0) throw wrong('no task: give it as an argument, or - to read it from standard input');
  return { name: 'task', task: words.join(' '), ...limits, ...common };
}

function parse(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    return { values, words: positionals };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS')) throw wrong(message.split('. ')[0]!);
    throw error;
  }
}

function positive(option: string, text: string, isWhole: boolean): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && (!isWhole || Number.isSafeInteger(value)))
    return value;
  throw wrong(`${option} wants ${isWhole ? 'a whole number from 1' : 'a number above 0'}, and got "${text}"`);
}

const wrong = (message: string) => fault('CLI_USAGE', message, { kind: 'invalid', hint: 'see --help' });
