import type { Screen } from './terminal.ts';
import { cut } from './width.ts';

/** A few lines at the bottom that are written over and over, and text that scrolls away above them. */
export class LiveArea {
  readonly #screen: Screen;
  #drawn = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  get columns(): number {
    // A terminal that nobody looks at says 0.
    return Math.max(20, this.#screen.columns || 80);
  }

  /** `lines` are without escapes; each is cut to the screen, so that none wraps. `paint` colours what is left. */
  draw(lines: readonly string[], above = '', paint: (line: string) => string = (line) => line): void {
    const fitting = lines.map((line) => paint(cut(line, this.columns - 1)));
    this.#screen.write(`${this.#erasing()}${above}${fitting.join('\n')}`);
    this.#drawn = fitting.length;
  }

  clear(above = ''): void {
    const erasing = this.#erasing();
    if (erasing !== '' || above !== '') this.#screen.write(`${erasing}${above}`);
    this.#drawn = 0;
  }

  #erasing(): string {
    if (this.#drawn === 0) return '';
    return `\r${this.#drawn > 1 ? `\x1b[${this.#drawn - 1}A` : ''}\x1b[J`;
  }
}
