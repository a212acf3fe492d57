import type { Masker } from '../mask/masker.ts';
import { MASK } from '../mask/secret-shapes.ts';
import { type TextReference, writeReference, writeText } from './text-reference.ts';

/** Longer texts are masked and hashed piece by piece, with a pause for others between them. */
const HUGE = 131_072;

export interface TextStore {
  /** Keeps a text that is well-formed; durable with the group that is being written. */
  put(text: string): TextReference;
}

/** A place in `pieces` that a huge text will take. */
export interface Hole {
  readonly at: number;
  readonly text: string;
}

/** Writes plain data as JSON: secrets masked, long texts out to the store. Throws where it is no plain data. */
export class JsonWriter {
  readonly #masker: Masker;
  readonly #store: TextStore;
  readonly #longText: number;
  #pieces: string[] = [];
  #holes: Hole[] = [];

  constructor(masker: Masker, store: TextStore, longText: number) {
    this.#masker = masker;
    this.#store = store;
    this.#longText = longText;
  }

  write(value: unknown): { readonly pieces: string[]; readonly holes: readonly Hole[] } {
    this.#pieces = [];
    this.#holes = [];
    this.#value(value, false);
    return { pieces: this.#pieces, holes: this.#holes };
  }

  /** A text that is masked already. */
  masked(text: string): string {
    return text.length > this.#longText && text.isWellFormed()
      ? writeReference(this.#store.put(text))
      : writeText(text);
  }

  #value(value: unknown, hidden: boolean): void {
    switch (typeof value) {
      case 'string':
        return this.#text(value, hidden);
      case 'number':
        return void this.#pieces.push(hidden ? `"${MASK}"` : Number.isFinite(value) ? String(value) : 'null');
      case 'boolean':
        return void this.#pieces.push(value ? 'true' : 'false');
      case 'object':
        if (value !== null) return this.#object(value, hidden);
        return void this.#pieces.push('null');
      case 'bigint':
        throw new TypeError('a BigInt is no JSON');
      default:
        return void this.#pieces.push('null');
    }
  }

  #text(text: string, hidden: boolean): void {
    if (hidden) this.#pieces.push(`"${MASK}"`);
    else if (text.length > HUGE) this.#holes.push({ at: this.#pieces.push('') - 1, text });
    else this.#pieces.push(this.masked(this.#masker.text(text)));
  }

  #object(value: object, hidden: boolean): void {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.#value(toJSON.call(value), hidden);
    if (Array.isArray(value)) return this.#array(value, hidden);
    let opened = '{';
    for (const key of Object.keys(value)) {
      const member = (value as Record<string, unknown>)[key];
      if (member === undefined || typeof member === 'function' || typeof member === 'symbol') continue;
      this.#pieces.push(`${opened}${JSON.stringify(key)}:`);
      opened = ',';
      this.#value(member, this.#masker.hides(key, member, hidden));
    }
    this.#pieces.push(opened === '{' ? '{}' : '}');
  }

  #array(value: readonly unknown[], hidden: boolean): void {
    let before = '[';
    for (const each of value) {
      this.#pieces.push(before);
      before = ',';
      this.#value(each, hidden);
    }
    this.#pieces.push(before === '[' ? '[]' : ']');
  }
}
