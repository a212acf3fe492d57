import { readPythonString } from './python-string.ts';

const DEEPEST = 100;
const SPACE = /\s*/y;
const NUMBER = /-?\d+(?:\.\d*)?(?:e[+-]?\d+)?/iy;
const WORD = /True|False|None|true|false|null/y;
const CALLED = /[A-Za-z_][\w.-]*/y;
const KEYWORD = /[A-Za-z_]\w*\s*=/y;
const WORDS: Readonly<Record<string, boolean | null>> = {
  True: true,
  False: false,
  None: null,
  true: true,
  false: false,
  null: null,
};

/** A dict or list as Python's `repr` writes it, as JSON would have it; undefined where it is none. */
export function readPythonLiteral(text: string): object | undefined {
  const reader = new LiteralReader(text);
  try {
    const value = reader.value(0);
    return typeof value === 'object' && value !== null && reader.isAtEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof NotPython) return undefined;
    throw error;
  }
}

/** A call with its arguments by name; those without one by their number. */
export interface PythonCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Calls as Python writes them, one after the other or in a list: `search(query='x', n=5)`; undefined where it is none. */
export function readPythonCalls(text: string): readonly PythonCall[] | undefined {
  const inList = /^\s*\[([\s\S]*)\]\s*$/.exec(text)?.[1];
  const reader = new LiteralReader(inList ?? text);
  try {
    const calls: PythonCall[] = [];
    while (!reader.isAtEnd()) calls.push(reader.call());
    return calls.length > 0 ? calls : undefined;
  } catch (error) {
    if (error instanceof NotPython) return undefined;
    throw error;
  }
}

class NotPython extends Error {}

class LiteralReader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#match(SPACE);
    return this.#at === this.#text.length;
  }

  value(depth: number): unknown {
    if (depth > DEEPEST) throw new NotPython();
    this.#match(SPACE);
    const opening = this.#text[this.#at];
    if (opening === '{') return this.#dict(depth);
    if (opening === '[') return this.#list(']', depth);
    if (opening === '(') return this.#list(')', depth);
    if (opening === '"' || opening === "'") {
      const { value, end } = readPythonString(this.#text, this.#at, opening);
      this.#at = end;
      return value;
    }
    const word = this.#match(WORD);
    if (word !== undefined) return WORDS[word];
    const number = this.#match(NUMBER);
    if (number === undefined) throw new NotPython();
    return Number(number);
  }

  call(): PythonCall {
    this.#match(SPACE);
    const name = this.#match(CALLED);
    if (name === undefined || !this.#closes('(')) throw new NotPython();
    const entries: [string, unknown][] = [];
    while (!this.#closes(')')) {
      this.#match(SPACE);
      const keyword = this.#match(KEYWORD)?.replace(/\s*=$/, '');
      entries.push([keyword ?? String(entries.length), this.value(1)]);
      if (!this.#closes(',') && this.#next() !== ')') throw new NotPython();
    }
    this.#closes(',');
    return { name, arguments: Object.fromEntries(entries) };
  }

  #dict(depth: number): object {
    const entries: [string, unknown][] = [];
    this.#at++;
    while (!this.#closes('}')) {
      const name = this.value(depth + 1);
      if (typeof name === 'object' || !this.#closes(':')) throw new NotPython();
      entries.push([String(name), this.value(depth + 1)]);
      if (!this.#closes(',') && this.#next() !== '}') throw new NotPython();
    }
    return Object.fromEntries(entries);
  }

  #list(end: string, depth: number): unknown[] {
    const elements: unknown[] = [];
    this.#at++;
    while (!this.#closes(end)) {
      elements.push(this.value(depth + 1));
      if (!this.#closes(',') && this.#next() !== end) throw new NotPython();
    }
    return elements;
  }

  #next(): string | undefined {
    this.#match(SPACE);
    return this.#text[this.#at];
  }

  #closes(sign: string): boolean {
    if (this.#next() !== sign) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
