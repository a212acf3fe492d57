import { type Fault, isFault, type Main, reason } from '#kernel';
import type { Trajectories } from '#plugins/trajectory/api';
import { type Command, parseCommand, USAGE } from './command-line.ts';
import type { TrajectoryCliConfig } from './config.ts';
import { printable, runLine, runText, useTable } from './printed.ts';
import { toNative } from './shapes/native.ts';
import { toOpenAiLine } from './shapes/openai.ts';
import { type Write, writeFileWith } from './written.ts';

export interface Output {
  readonly out: Write;
  readonly err: Write;
}

/** `list`, `show`, `export` and `stats`: answers on standard output, everything else on standard error. Changes no run. */
export class TrajectoryCommand implements Main {
  readonly #trajectories: Trajectories;
  readonly #config: TrajectoryCliConfig;
  readonly #to: Output;

  constructor(trajectories: Trajectories, config: TrajectoryCliConfig, to: Output) {
    this.#trajectories = trajectories;
    this.#config = config;
    this.#to = to;
  }

  async run(argv: readonly string[], signal: AbortSignal): Promise<number> {
    try {
      await this.#do(parseCommand(argv), signal);
      return 0;
    } catch (error) {
      if (signal.aborted) return 130;
      // Whoever read it has seen enough.
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
      return this.#refuse(error);
    }
  }

  async #do(command: Command, signal: AbortSignal): Promise<void> {
    const { out } = this.#to;
    switch (command.name) {
      case 'help':
        return out(USAGE);
      case 'list': {
        const { state, limit = this.#config.listLimit } = command;
        const runs = await this.#trajectories.list({ limit, ...(state !== undefined && { state }) });
        return out(runs.length === 0 ? 'there is none\n' : runs.map(runLine).join(''));
      }
      case 'show': {
        const run = await this.#trajectories.get(command.id);
        return out(command.json ? `${JSON.stringify(run, null, 2)}\n` : runText(run, this.#config.width));
      }
      case 'stats': {
        const uses = await this.#trajectories.statistics(command.tool === undefined ? {} : { tool: command.tool });
        return out(uses.length === 0 ? 'no tool was used\n' : useTable(uses));
      }
      case 'export':
        return this.#export(command, signal);
    }
  }

  async #export(command: Extract<Command, { name: 'export' }>, signal: AbortSignal): Promise<void> {
    const line = command.format === 'native' ? toNative : await toOpenAiLine();
    const ids = command.id === undefined ? (await this.#trajectories.list()).map(({ id }) => id) : [command.id];
    // One at a time: all of them may be more than memory holds.
    const all = async (write: Write): Promise<void> => {
      for (const id of ids) {
        signal.throwIfAborted();
        await write(`${JSON.stringify(line(await this.#trajectories.get(id)))}\n`);
      }
    };
    if (command.file === undefined) return all(this.#to.out);
    await writeFileWith(command.file, all);
    await this.#to.err(printable(`${ids.length} ${ids.length === 1 ? 'run' : 'runs'} written to ${command.file}\n`));
  }

  async #refuse(error: unknown): Promise<number> {
    if (!isFault(error)) {
      await this.#to.err(printable(`${reason(error)}\n`));
      return 1;
    }
    const also = error.alternatives.length > 0 ? `there is: ${error.alternatives.join(', ')}\n` : '';
    const hint = error.hint === undefined ? '' : `hint: ${error.hint}\n`;
    await this.#to.err(printable(`${error.code}: ${error.message}\n${also}${hint}`));
    return exitCode(error);
  }
}

function exitCode({ kind, code }: Fault): number {
  if (code === 'CLI_USAGE') return 2;
  if (kind === 'not_found') return 3;
  return kind === 'unavailable' || kind === 'timeout' ? 4 : 1;
}
