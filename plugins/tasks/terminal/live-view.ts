import type { AgentEvent, AgentResult } from '#plugins/agent-runtime/api';
import type { Spending } from '#plugins/llm/api';
import { LiveArea } from './live-area.ts';
import { oneLine, printable } from './printable.ts';
import type { RunView } from './run-view.ts';
import { type Paint, paintFor, type Terminal } from './terminal.ts';
import { cut, tail } from './width.ts';
import { argsWords, count, duration, money, resultWords, tokens, waitWords } from './wording.ts';

const REDRAW_MS = 100;
const DOING_CELLS = 30;

/** A run on a terminal: what happened scrolls by, and the last line says how far it is. */
export class LiveView implements RunView {
  readonly #area: LiveArea;
  readonly #paint: Paint;
  readonly #isSameScreen: boolean;
  readonly #begun = Date.now();
  readonly #timer: NodeJS.Timeout;
  /** Streamed text that has no end of line yet. */
  #partial = '';
  /** All text since the last step. */
  #text = '';
  #step = 0;
  #spent: Spending | undefined;
  #context = 0;
  #doing = 'starting';
  #asked = 0;
  #isClosed = false;

  constructor(terminal: Terminal) {
    this.#area = new LiveArea(terminal.stderr);
    this.#paint = paintFor(terminal);
    this.#isSameScreen = terminal.stdout.isTTY === true;
    this.#timer = setInterval(() => this.#redraw(), REDRAW_MS);
    this.#timer.unref();
  }

  event(event: AgentEvent): void {
    switch (event.type) {
      case 'started':
        return this.#line('dim', `${event.resumed ? 'resumed' : 'run'} ${event.run}  ${oneLine(event.model)}`);
      case 'step':
        this.#flushText();
        this.#text = '';
        this.#step = event.step;
        this.#spent = event.spent;
        this.#context = event.contextTokens;
        this.#doing = 'thinking';
        return;
      case 'text':
        return this.#stream(event.delta);
      case 'reasoning':
        this.#doing = 'thinking';
        return;
      case 'call':
        this.#doing = oneLine(event.tool);
        return this.#line('cyan', `> ${oneLine(event.tool)}`, `  ${argsWords(event.args)}`);
      case 'result':
        this.#doing = 'thinking';
        return this.#line(event.ok ? 'green' : 'red', `< ${oneLine(event.tool)}`, `  ${resultWords(event)}`);
      case 'waiting':
        this.#doing = waitWords(event);
        return this.#line('yellow', waitWords(event));
      case 'resumed':
        this.#doing = 'thinking';
        return this.#line('dim', `goes on: ${oneLine(event.what)}`);
      case 'notice':
        return this.#line('yellow', `note: ${oneLine(event.what)}`);
      case 'compressed': {
        const { strategy, before, after } = event;
        return this.#line('dim', `compressed (${oneLine(strategy)}): ${count(before)} to ${count(after)} tokens`);
      }
      case 'done':
        this.#flushText();
    }
  }

  say(line: string): void {
    this.#line('bold', line);
  }

  async ask<T>(question: () => Promise<T>): Promise<T> {
    this.#asked += 1;
    this.#area.clear();
    try {
      return await question();
    } finally {
      this.#asked -= 1;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#flushText();
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#area.clear();
  }

  hasShown({ answer }: AgentResult): boolean {
    return this.#isSameScreen && answer.trim() !== '' && this.#text.trim() === answer.trim();
  }

  #stream(delta: string): void {
    this.#text += delta;
    this.#doing = 'writing';
    this.#partial += delta;
    const end = this.#partial.lastIndexOf('\n');
    if (end < 0) return;
    const whole = this.#partial.slice(0, end + 1);
    this.#partial = this.#partial.slice(end + 1);
    this.#above(printable(whole));
  }

  #flushText(): void {
    if (this.#partial.trim() !== '') this.#above(`${printable(this.#partial)}\n`);
    this.#partial = '';
  }

  #line(style: Parameters<Paint>[0], head: string, rest = ''): void {
    this.#flushText();
    const cells = this.#area.columns - 1;
    const fitting = cut(head + rest, cells);
    const at = Math.min(head.length, fitting.length);
    this.#above(`${this.#paint(style, fitting.slice(0, at))}${this.#paint('dim', fitting.slice(at))}\n`);
  }

  #above(text: string): void {
    if (this.#isClosed) return;
    if (this.#asked > 0) return this.#area.clear(text);
    this.#area.draw(this.#live(), text, (line) => this.#paint('dim', line));
  }

  #redraw(): void {
    if (this.#asked > 0 || this.#isClosed) return;
    this.#area.draw(this.#live(), '', (line) => this.#paint('dim', line));
  }

  #live(): string[] {
    const spent = this.#spent;
    const status = [
      this.#step > 0 ? `step ${this.#step}` : '',
      cut(this.#doing, DOING_CELLS),
      duration(Date.now() - this.#begun),
      spent === undefined ? '' : `${tokens(spent)}  ${money(spent)}`,
      this.#context > 0 ? `context ${count(this.#context)}` : '',
    ];
    const line = status.filter((part) => part !== '').join(' | ');
    if (this.#partial.trim() === '') return [line];
    return [tail(printable(this.#partial).replace(/[\n\t]/g, ' '), this.#area.columns - 1), line];
  }
}
