import { alarm, OK } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

const LONGEST_PERIOD = 400;
const REPEATS = 6;
const SHORTEST = 300;
/** What is kept of the stream: enough for the longest period. */
const TAIL = LONGEST_PERIOD * REPEATS;
/** Looked at again after so many new characters. */
const EVERY = 64;

/** D5: a stream whose end is one text over and over. Not in code and tables, which may well be so. */
export class Chanting {
  #tail = '';
  #unseen = 0;
  #line = '';
  #inCode = false;
  readonly #borders = new Int32Array(TAIL + EVERY);

  reset(): void {
    this.#tail = '';
    this.#unseen = 0;
    this.#line = '';
    this.#inCode = false;
  }

  stream(delta: string, number: number): GuardVerdict {
    for (let at = 0; at < delta.length; at += EVERY) {
      const found = this.#take(delta.slice(at, at + EVERY));
      if (found !== undefined) {
        const what = `The message repeats one text over and over: ${found.slice(0, 160)}`;
        return alarm('stop', 'chanting', [number], what);
      }
    }
    return OK;
  }

  /** The text that is repeated, if one is. */
  #take(part: string): string | undefined {
    const lines = (this.#line + part).split('\n');
    for (const line of lines.slice(0, -1)) if (/^\s*(?:```|~~~)/.test(line)) this.#inCode = !this.#inCode;
    this.#line = lines.at(-1)!.slice(-1_000);
    this.#tail = (this.#tail + part).slice(-TAIL);
    this.#unseen += part.length;
    if (this.#unseen < EVERY || this.#inCode || this.#tail.length < SHORTEST) return undefined;
    this.#unseen = 0;
    const text = this.#tail.replace(/\s+/g, ' ');
    const period = this.#period(text);
    const repeated = period === 0 ? '' : text.slice(-period);
    if (!/\p{L}/u.test(repeated) || isLaidOut(this.#tail)) return undefined;
    return repeated.trim();
  }

  /** Of the end of the text, backwards by the borders of its prefixes (Knuth, Morris, Pratt); 0 where it has none. */
  #period(text: string): number {
    const last = text.length - 1;
    const borders = this.#borders;
    borders[0] = 0;
    let border = 0;
    for (let at = 1; at <= last; at++) {
      const unit = text.charCodeAt(last - at);
      while (border > 0 && text.charCodeAt(last - border) !== unit) border = borders[border - 1]!;
      if (text.charCodeAt(last - border) === unit) border++;
      borders[at] = border;
      const length = at + 1;
      const period = length - border;
      if (length >= SHORTEST && period <= LONGEST_PERIOD && length >= period * REPEATS) return period;
    }
    return 0;
  }
}

/** Most of its lines have cells, or are indented as code is. */
function isLaidOut(text: string): boolean {
  const lines = text.split('\n').slice(1);
  const cells = lines.filter((line) => /^\s*\||\S\s*\|\s*\S|\t|\S {3,}\S|^ {4}/.test(line)).length;
  return lines.length >= 3 && cells * 2 > lines.length;
}
