import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Fault, isFault, type Main, reason } from '#kernel';
import type { RunOptions, Synthesis, SynthesisResult } from '#plugins/synthesizer/api';
import { type Command, parseCommand, USAGE } from './command-line.ts';
import type { SynthesisCliConfig } from './config.ts';
import { ProgressLine } from './progress-line.ts';
import { estimateText, summaryText } from './summary.ts';

export interface Output {
  readonly out: (text: string) => Promise<void>;
  readonly err: (text: string) => Promise<void>;
  /** How wide the terminal of `err` is now; left out where it is none. */
  readonly columns?: () => number;
}
type Run = Extract<Command, { readonly paths: unknown }>;

/** Results on standard output, everything else on standard error. */
export class SynthesisCommand implements Main {
  readonly #synthesis: Synthesis;
  readonly #config: SynthesisCliConfig;
  readonly #to: Output;

  constructor(synthesis: Synthesis, config: SynthesisCliConfig, to: Output) {
    this.#synthesis = synthesis;
    this.#config = config;
    this.#to = to;
  }

  async run(argv: readonly string[], signal: AbortSignal): Promise<number> {
    try {
      const command = parseCommand(argv, this.#config.watch);
      switch (command.name) {
        case 'help':
          await this.#to.out(USAGE);
          return 0;
        case 'replay':
          await this.#show(await this.#synthesis.replay(), command.json);
          return 0;
        default:
          return await this.#work(command, signal);
      }
    } catch (error) {
      if (signal.aborted) return 130;
      // Whoever read it has seen enough.
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
      return this.#refuse(error);
    }
  }

  async #work(command: Run, signal: AbortSignal): Promise<number> {
    const { paths, json, quiet } = command;
    const tell = (text: string): void => void this.#to.err(printable(text)).catch(() => undefined);
    const line = new ProgressLine((text) => void this.#to.err(text).catch(() => undefined), {
      columns: this.#to.columns,
      lineMs: this.#config.lineMs,
    });
    const options: RunOptions = {
      signal,
      recorded: command.recorded,
      ...(command.maxUsd !== undefined && { maxUsd: command.maxUsd }),
      ...(!quiet && { onProgress: (progress) => line.show(progress) }),
      onProblem: ({ where, what, code }) => {
        line.clear();
        tell(`${code}: ${where}: ${what}\n`);
      },
    };
    try {
      if (command.name === 'estimate') {
        const found = await this.#synthesis.estimate(paths, options);
        await this.#to.out(json ? `${JSON.stringify(found)}\n` : estimateText(found));
        return 0;
      }
      if (command.name === 'watch') {
        if (!quiet) tell(`watching ${named(command)} (Ctrl-C ends it)\n`);
        const result = await this.#synthesis.watch(paths, options);
        line.clear();
        await this.#show(result, json);
        return 0;
      }
      if (!quiet) {
        const found = await this.#synthesis.estimate(paths, options);
        tell(`estimate: ${estimateText(found)}`);
        if (command.maxUsd !== undefined && found.calls > 0 && found.usd === undefined)
          tell('no price is known of the model: --max-usd does not limit it, synthesizer.maxCalls does\n');
      }
      const result = await this.#synthesis.once(paths, options);
      line.clear();
      await this.#show(result, json);
      if (signal.aborted) {
        if (!quiet) tell('stopped; the same command goes on where it was\n');
        return 130;
      }
      const isEmpty = result.seen === 0 && result.waiting === 0;
      if (isEmpty) tell(`no trajectories in ${named(command)}\n`);
      return isEmpty || result.failed > 0 || (await namedWasRefused(paths, result)) ? 1 : 0;
    } finally {
      line.clear();
    }
  }

  async #show(result: SynthesisResult, json: boolean): Promise<void> {
    await this.#to.out(json ? `${JSON.stringify(result)}\n` : printable(summaryText(result)));
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

const named = ({ paths, recorded }: Run): string =>
  [...paths, ...(recorded ? ['what agents recorded here'] : [])].join(', ');

/** A folder may hold other files; what was named by itself was meant. */
async function namedWasRefused(paths: readonly string[], { refused }: SynthesisResult): Promise<boolean> {
  const files = new Set(refused.map(({ file }) => path.resolve(file)));
  for (const each of paths)
    if (files.has(path.resolve(each)) && (await stat(each).catch(() => undefined))?.isFile() === true) return true;
  return false;
}

function exitCode({ kind, code }: Fault): number {
  if (code === 'CLI_USAGE') return 2;
  if (code === 'BUDGET_REACHED') return 5;
  if (kind === 'not_found') return 3;
  return kind === 'unavailable' || kind === 'timeout' ? 4 : 1;
}

/** What strangers wrote must not steer the terminal. */
const printable = (text: string): string => text.replace(/[^\P{C}\n]/gu, ' ');
