import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Fault, isFault, type Main, reason } from '#kernel';
import type { RunOptions, Synthesis, SynthesisResult } from '#plugins/synthesizer/api';
import { type Command, parseCommand, USAGE } from './command-line.ts';
import type { SynthesisCliConfig } from './config.ts';
import { ProgressLine } from './progress-line.ts';
import { estimateText, summaryText } from './summary.ts';

export interface Output {
  readonly out: (text: string) => unknown;
  readonly err: (text: string) => unknown;
  readonly isTerminal: boolean;
}

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
      return await this.#do(command, signal);
    } catch (error) {
      if (signal.aborted) return 130;
      return this.#refuse(error);
    }
  }

  async #do(command: Command, signal: AbortSignal): Promise<number> {
    const { out } = this.#to;
    if (command.name === 'help') {
      out(USAGE);
      return 0;
    }
    const show = (result: SynthesisResult): void => {
      out(command.json ? `${JSON.stringify(result)}\n` : printable(summaryText(result)));
    };
    if (command.name === 'replay') {
      show(await this.#synthesis.replay());
      return 0;
    }
    const line = new ProgressLine((text) => this.#to.err(text), {
      isTerminal: this.#to.isTerminal,
      lineMs: this.#config.lineMs,
    });
    const options: RunOptions = {
      signal,
      ...(command.maxUsd !== undefined && { maxUsd: command.maxUsd }),
      ...(!command.quiet && { onProgress: (progress) => line.show(progress) }),
      onProblem: ({ where, what, code }) => {
        line.clear();
        this.#to.err(printable(`${code}: ${where}: ${what}\n`));
      },
    };
    const { paths } = command;
    try {
      if (command.name === 'watch') {
        this.#to.err(printable(`watching ${paths.join(', ')} (Ctrl-C ends it)\n`));
        show(await this.#synthesis.watch(paths, options));
        return 0;
      }
      const found = await this.#synthesis.estimate(paths, options);
      if (command.name === 'estimate') {
        out(command.json ? `${JSON.stringify(found)}\n` : estimateText(found));
        return 0;
      }
      if (!command.quiet) this.#to.err(`estimate: ${estimateText(found)}`);
      const result = await this.#synthesis.once(paths, options);
      line.clear();
      show(result);
      if (signal.aborted) return 130;
      return (await this.#namedWasRefused(paths, result)) || result.failed > 0 ? 1 : 0;
    } finally {
      line.clear();
    }
  }

  /** A folder may hold other files; what was named by itself was meant. */
  async #namedWasRefused(paths: readonly string[], { refused }: SynthesisResult): Promise<boolean> {
    const files = new Set(refused.map(({ file }) => path.resolve(file)));
    for (const each of paths)
      if (files.has(path.resolve(each)) && (await stat(each).catch(() => undefined))?.isFile() === true) return true;
    return false;
  }

  #refuse(error: unknown): number {
    if (!isFault(error)) {
      this.#to.err(printable(`${reason(error)}\n`));
      return 1;
    }
    const also = error.alternatives.length > 0 ? `there is: ${error.alternatives.join(', ')}\n` : '';
    const hint = error.hint === undefined ? '' : `hint: ${error.hint}\n`;
    this.#to.err(printable(`${error.code}: ${error.message}\n${also}${hint}`));
    return exitCode(error);
  }
}

function exitCode({ kind, code }: Fault): number {
  if (code === 'CLI_USAGE') return 2;
  if (code === 'BUDGET_REACHED') return 5;
  if (code === 'FORMAT_UNKNOWN') return 1;
  if (kind === 'not_found') return 3;
  return kind === 'unavailable' || kind === 'timeout' ? 4 : 1;
}

/** What strangers wrote must not steer the terminal. */
const printable = (text: string): string => text.replace(/[^\P{C}\n]/gu, ' ');
