import { parseArgs } from 'node:util';
import { fault, nearest, reason } from '#kernel';

export const USAGE = `usage: kernel start pipelines/synthesis.yaml [-- OPTIONS] [PATH...]

  PATH...          watch files and folders of trajectories: tasks that come become seed tasks. Ctrl-C ends it
  --once PATH...   work off what is there, and end
  --estimate PATH...
                   say what that would cost, and end; asks no model
  --recorded       also the runs that agents recorded here (DATA_DIR/trajectories); these alone where no PATH is named
  --replay         write all files anew from what is kept, without a call

  --max-usd N      tightens synthesizer.maxUsd for this run; what earlier runs spent on these data counts
  --json           results as one JSON object on standard output
  --quiet          no estimate, no progress; problems are still told
  --help           this text

Formats are recognised by their content: OpenAI messages, tau-bench, SWE-agent, ATIF, OpenHands, sessions of coding agents,
ShareGPT, OpenTelemetry traces, and more; as JSON lines, arrays, single files, also .gz.
Files go to DATA_DIR: task_essences.json, seed_tasks.jsonl, dropped_seeds.jsonl, clusters.jsonl, report.md, report.html.
Nothing is worked or paid twice: start it again after anything, it goes on where it was.
exit: 0 done, 1 a job failed or what was named holds no trajectories, 2 wrong use, 3 no such path, 4 not available,
      5 the limit of money is reached, 130 cancelled
`;

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'replay'; readonly json: boolean; readonly quiet: boolean }
  | {
      readonly name: 'once' | 'watch' | 'estimate';
      readonly paths: readonly string[];
      readonly recorded: boolean;
      readonly maxUsd: number | undefined;
      readonly json: boolean;
      readonly quiet: boolean;
    };

/** Fault CLI_USAGE (`invalid`) where the words make no command. */
export function parseCommand(words: readonly string[], watched: readonly string[]): Command {
  const { values, positionals } = parsed(words);
  if (values.help === true || positionals[0] === 'help') return { name: 'help' };
  const modes = (['once', 'estimate', 'replay'] as const).filter((each) => values[each] === true);
  if (modes.length > 1) throw wrong(`--${modes.join(' and --')} do not go together`);
  const { json = false, quiet = false } = values;
  const [mode = 'watch'] = modes;
  const maxUsd = limit(values['max-usd']);
  if (mode === 'replay') {
    if (positionals.length > 0) throw wrong('--replay takes no path: it works on what is kept');
    if (values.recorded === true) throw wrong('--replay reads no runs: it works on what is kept');
    if (maxUsd !== undefined) throw wrong('--replay asks no model: --max-usd limits nothing');
    return { name: mode, json, quiet };
  }
  const paths = positionals.length > 0 ? positionals : watched;
  const { recorded = false } = values;
  if (paths.length === 0 && !recorded) throw wrong('name files or folders of trajectories, or --recorded');
  return { name: mode, paths, recorded, maxUsd, json, quiet };
}

function limit(word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(word)) throw wrong('--max-usd takes a number from 0, such as 2.50');
  return Number(word);
}

function parsed(words: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const options = {
    once: flag,
    estimate: flag,
    replay: flag,
    recorded: flag,
    json: flag,
    quiet: flag,
    help: { ...flag, short: 'h' },
    'max-usd': { type: 'string' },
  } as const;
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    const [, option] = /^Unknown option '(-[^']*)'/.exec(reason(error)) ?? [];
    if (option === undefined) throw wrong(reason(error));
    throw wrong(
      `there is no option ${option}`,
      nearest(
        option,
        Object.keys(options).map((name) => `--${name}`),
      ),
    );
  }
}

const wrong = (message: string, alternatives: readonly string[] = []) =>
  fault('CLI_USAGE', message, { kind: 'invalid', alternatives, hint: 'see --help' });
