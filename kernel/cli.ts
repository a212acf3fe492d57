import fs from 'node:fs';
import path from 'node:path';
import { isFault, nearest } from './errors.ts';
import { HOST_DIR } from './resolve.ts';

interface Command {
  readonly summary: string;
  readonly usage: string | (() => Promise<string>);
  readonly run: (argv: readonly string[]) => Promise<number>;
}

/** Each command is imported only when it is called: `start` does not pay for the others. */
const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    summary: 'run a pipeline until a signal, or until its main plugin ends',
    usage: 'kernel start FILE|NAME [--watch|--no-watch] [-- ARGUMENTS...]',
    run: async (argv) => (await import('./commands/start.ts')).start(argv),
  },
  check: {
    summary: 'say everything that is wrong with a pipeline, without running it (exit 0 or 2)',
    usage: 'kernel check FILE|NAME...',
    run: async (argv) => (await import('./commands/check.ts')).check(argv),
  },
  list: {
    summary: 'show the plugins that there are',
    usage: 'kernel list [FILE|NAME] [--json]',
    run: async (argv) => (await import('./commands/list.ts')).list(argv),
  },
  status: {
    summary: 'show running kernels: plugins, versions, reloads, health',
    usage: 'kernel status [--json]',
    run: async (argv) => (await import('./commands/status.ts')).status(argv),
  },
  new: {
    summary: 'write the files of a new plugin',
    usage: async () => (await import('./commands/new.ts')).usage(),
    run: async (argv) => (await import('./commands/new.ts')).create(argv),
  },
  schema: {
    summary: 'print the JSON Schema of pipeline files, or the option table of a plugin for its README',
    usage: 'kernel schema [--write] [--readme PLUGIN [--write]]',
    run: async (argv) => (await import('./commands/schema.ts')).schema(argv),
  },
};

const overview = (): string =>
  [
    'kernel: boots a pipeline of plugins.',
    '',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`),
    '',
    'kernel COMMAND --help says how to use one, kernel --version which one this is.',
    '',
  ].join('\n');

/** Runs one command; resolves to the exit code: 0 fine, 1 failed, 2 wrong input. */
export async function run(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    const { version } = JSON.parse(fs.readFileSync(path.join(HOST_DIR, 'package.json'), 'utf8')) as { version: string };
    process.stdout.write(`${version} (Node ${process.versions.node})\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const [meant] = nearest(name, Object.keys(COMMANDS));
    process.stderr.write(`kernel: no command "${name}"${meant ? `; did you mean "${meant}"?` : ''}\n\n${overview()}`);
    return 2;
  }
  const usage = async (): Promise<string> => (typeof command.usage === 'string' ? command.usage : command.usage());
  const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (own.includes('--help') || own.includes('-h')) {
    process.stdout.write(`${await usage()}\n  ${command.summary}\n`);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (isFault(error)) {
      process.stderr.write(`kernel ${name}: ${error.code}: ${error.message}\n`);
      return error.kind === 'invalid' ? 2 : 1;
    }
    if (typeof code !== 'string' || !code.startsWith('ERR_PARSE_ARGS')) throw error;
    process.stderr.write(`kernel ${name}: ${(error as Error).message}\n${await usage()}\n`);
    return 2;
  }
}
