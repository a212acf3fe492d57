import { createInterface } from 'node:readline';
import type { Human, PermissionAsk } from '#plugins/agent-runtime/api';
import { oneLine, printable } from './printable.ts';
import type { RunView } from './run-view.ts';
import { type Paint, paintFor, type Terminal } from './terminal.ts';

const SHOWN_ARGS = 4_000;

/** Whoever sits at the terminal. Asks one thing at a time; end of input is no answer. */
export class TerminalPerson implements Human {
  readonly #terminal: Terminal;
  readonly #view: RunView;
  readonly #paint: Paint;
  readonly #isYes: boolean;
  readonly #canAsk: boolean;
  #last: Promise<unknown> = Promise.resolve();

  /** `isYes`: everything is permitted, and nobody is asked for that. Without `canAsk` nobody answers questions. */
  constructor(terminal: Terminal, view: RunView, { isYes, canAsk }: { isYes: boolean; canAsk: boolean }) {
    this.#terminal = terminal;
    this.#view = view;
    this.#paint = paintFor(terminal);
    this.#isYes = isYes;
    this.#canAsk = canAsk;
  }

  async permit(ask: PermissionAsk, signal: AbortSignal): Promise<'once' | 'always' | 'deny' | undefined> {
    if (this.#isYes) return 'once';
    if (!this.#canAsk) return undefined;
    const args = printable(JSON.stringify(ask.args, null, 2));
    const shown =
      args.length > SHOWN_ARGS
        ? `${args.slice(0, SHOWN_ARGS)}\n... (${args.length - SHOWN_ARGS} characters more)`
        : args;
    const text = `${this.#paint('yellow', `Permission for ${oneLine(ask.tool)}?`)} ${oneLine(ask.reason)} (rule: ${oneLine(ask.rule)})\n${shown}\n`;
    return this.#inTurn(async () => {
      this.#terminal.stderr.write(text);
      for (;;) {
        const line = await this.#line('[o]nce, [a]lways, [d]eny: ', signal);
        if (line === undefined) return undefined;
        const word = line.trim().toLowerCase();
        if (['o', 'once', 'y', 'yes'].includes(word)) return 'once';
        if (['a', 'always'].includes(word)) return 'always';
        if (['d', 'deny', 'n', 'no'].includes(word)) return 'deny';
      }
    }, signal);
  }

  async answer(question: string, choices: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    if (!this.#canAsk) return undefined;
    const list = choices.map((choice, at) => `  ${at + 1}. ${oneLine(choice)}\n`).join('');
    return this.#inTurn(async () => {
      this.#terminal.stderr.write(`${this.#paint('yellow', 'Question:')} ${printable(question).trim()}\n${list}`);
      for (;;) {
        const line = await this.#line(choices.length > 0 ? 'number or answer: ' : 'answer: ', signal);
        if (line === undefined) return undefined;
        const text = line.trim();
        if (text !== '') return choices[Number(text) - 1] ?? text;
      }
    }, signal);
  }

  #inTurn<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const asked = this.#last.then(() => {
      signal.throwIfAborted();
      return this.#view.ask(ask);
    });
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  /** The terminal itself edits the line, so that Ctrl-C stays a signal. */
  #line(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const { stdin, stderr } = this.#terminal;
    stderr.write(prompt);
    return new Promise((resolve, reject) => {
      const lines = createInterface({ input: stdin, terminal: false });
      const end = (): void => {
        signal.removeEventListener('abort', aborted);
        lines.close();
        stdin.pause();
      };
      const aborted = (): void => {
        // First: closing is an answer, too.
        reject(signal.reason as Error);
        stderr.write('\n');
        end();
      };
      lines.once('line', (line) => {
        resolve(line);
        end();
      });
      lines.once('close', () => {
        resolve(undefined);
        signal.removeEventListener('abort', aborted);
      });
      signal.addEventListener('abort', aborted, { once: true });
    });
  }
}
