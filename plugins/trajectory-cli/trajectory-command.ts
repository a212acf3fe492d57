import { isFault, type Main, reason } from '#kernel';
import type { Output, Services, Setting } from './command.ts';
import { parseCommand, USAGE } from './command-line.ts';
import type { TrajectoryCliConfig } from './config.ts';
import { exitCode } from './exit-code.ts';
import { printable } from './print/lines.ts';

/** Finds the command that the words mean, does it, and says how it ended by the exit code. */
export class TrajectoryCommand implements Main {
  readonly #setting: Setting;

  constructor(services: Services, config: TrajectoryCliConfig, to: Output) {
    this.#setting = { ...services, ...to, config };
  }

  async run(argv: readonly string[], signal: AbortSignal): Promise<number> {
    const { out, err } = this.#setting;
    try {
      const work = parseCommand(argv);
      if (work !== undefined) return await work(this.#setting, signal);
      await out(USAGE);
      return 0;
    } catch (error) {
      if (signal.aborted) return 130;
      // Whoever read it has seen enough.
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
      await err(printable(refusal(error)));
      return exitCode(error);
    }
  }
}

function refusal(error: unknown): string {
  if (!isFault(error)) return `${reason(error)}\n`;
  const also = error.alternatives.length > 0 ? `there is: ${error.alternatives.join(', ')}\n` : '';
  const hint = error.hint === undefined ? '' : `hint: ${error.hint}\n`;
  return `${error.code}: ${error.message}\n${also}${hint}`;
}
