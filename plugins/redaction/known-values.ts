import type { Found } from './rules/rule.ts';

/** Up to so many, each is looked for by itself; beyond, all at once by how they begin. */
const FEW = 12;
const BEGIN = 4;
const WORD = /^[\p{L}\p{N}]$/u;

/** Secrets that were found by a name or given from outside: also where they stand bare. */
export class KnownValues {
  readonly #kinds = new Map<string, string>();
  readonly #byBegin = new Map<number, string[]>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#kinds.size;
  }

  /** A value that could be an ordinary word or number is not taken: it would black out what is none of its kind. */
  learn(value: string, kind: string): void {
    if (this.#kinds.has(value) || this.#kinds.size >= this.#most || !isTellable(value, kind)) return;
    this.add(value, kind);
  }

  add(value: string, kind: string): void {
    if (value.length < BEGIN || this.#kinds.has(value)) return;
    this.#kinds.set(value, kind);
    const begin = beginOf(value, 0);
    const same = this.#byBegin.get(begin);
    if (same === undefined) this.#byBegin.set(begin, [value]);
    else same.push(value);
  }

  find(text: string, found: Found): void {
    if (this.#kinds.size === 0) return;
    if (this.#kinds.size <= FEW) {
      for (const [value, kind] of this.#kinds)
        for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length))
          if (standsAlone(text, at, value)) found(at, at + value.length, kind);
      return;
    }
    for (let at = 0; at <= text.length - BEGIN; at++) {
      const values = this.#byBegin.get(beginOf(text, at));
      if (values === undefined) continue;
      for (const value of values)
        if (text.startsWith(value, at) && standsAlone(text, at, value))
          found(at, at + value.length, this.#kinds.get(value)!);
    }
  }
}

const beginOf = (text: string, at: number): number =>
  (Math.imul(text.charCodeAt(at), 0x9e3779b1) ^
    Math.imul(text.charCodeAt(at + 1), 0x85ebca6b) ^
    Math.imul(text.charCodeAt(at + 2), 0xc2b2ae35) ^
    Math.imul(text.charCodeAt(at + 3), 0x27d4eb2f)) |
  0;

/** Not within a longer word. */
function standsAlone(text: string, at: number, value: string): boolean {
  if (value.length >= 16) return true;
  const isAscii = (character: string | undefined): boolean => character !== undefined && /[A-Za-z0-9]/.test(character);
  return !(isAscii(value[0]) && isAscii(text[at - 1])) && !(isAscii(value.at(-1)) && isAscii(text[at + value.length]));
}

function isTellable(value: string, kind: string): boolean {
  if (value.length < 5 || value.length > 20_000) return false;
  if (/^\d+$/.test(value)) return value.length >= 8;
  if (/^(?:\d{4}-\d{2}-\d{2}.*|[\d.:,-]+)$/.test(value)) return false;
  const isPassword = kind === 'PASSWORD' || kind === 'CREDENTIALS';
  if ([...value].every((character) => WORD.test(character)) && !/\d/.test(value)) {
    if (/[a-z][A-Z]|^[A-Z]+[a-z]+[A-Z]/.test(value)) return value.length >= 8;
    return isPassword ? value.length >= 7 : value.length >= 20;
  }
  return isPassword || value.length >= 8;
}
