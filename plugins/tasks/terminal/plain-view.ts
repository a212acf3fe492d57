import type { AgentEvent } from '#plugins/agent-runtime/api';
import { oneLine } from './printable.ts';
import type { RunView } from './run-view.ts';
import type { Screen } from './terminal.ts';
import { cut } from './width.ts';
import { argsWords, count, money, resultWords, tokens, waitWords } from './wording.ts';

const CELLS = 200;

/** One line an event, for logs and pipes. */
export class PlainView implements RunView {
  readonly #screen: Screen;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  event(event: AgentEvent): void {
    const line = lineOf(event);
    if (line !== undefined) this.say(line);
  }
  say(line: string): void {
    this.#screen.write(`${cut(line, CELLS)}\n`);
  }
  ask<T>(question: () => Promise<T>): Promise<T> {
    return question();
  }
  close(): void {}
  hasShown(): boolean {
    return false;
  }
}

function lineOf(event: AgentEvent): string | undefined {
  switch (event.type) {
    case 'started':
      return `${event.resumed ? 'resumed' : 'run'} ${event.run}, ${oneLine(event.model)}`;
    case 'step':
      return `step ${event.step}  ${tokens(event.spent)}  ${money(event.spent)}  context ${count(event.contextTokens)}`;
    case 'call':
      return `> ${oneLine(event.tool)}  ${argsWords(event.args)}`;
    case 'result':
      return `< ${oneLine(event.tool)}  ${resultWords(event)}`;
    case 'waiting':
      return waitWords(event);
    case 'resumed':
      return `goes on: ${oneLine(event.what)}`;
    case 'notice':
      return `note: ${oneLine(event.what)}`;
    case 'compressed':
      return `compressed (${oneLine(event.strategy)}): ${count(event.before)} to ${count(event.after)} tokens`;
    default:
      return undefined;
  }
}
