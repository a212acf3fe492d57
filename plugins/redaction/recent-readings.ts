import type { Reading } from './reading.ts';

/** What an entry holds besides its text, in characters. */
const ENTRY = 60;
/** A text of more than this share of all would push out too much. */
const LARGEST = 1 / 8;

/**
 * What was found in texts that came lately: trials of one task ask the same things and get the same answers. A reading depends
 * on nothing but its text. Two halves: when the newer one is full, what the older one still has was not asked for since, and goes.
 */
export class RecentReadings {
  readonly #mostCharacters: number;
  #newer = new Map<string, Reading>();
  #older = new Map<string, Reading>();
  #characters = 0;

  constructor(mostCharacters: number) {
    this.#mostCharacters = mostCharacters;
  }

  of(text: string, read: (text: string) => Reading): Reading {
    if (text.length > this.#mostCharacters * LARGEST) return read(text);
    const known = this.#newer.get(text);
    if (known !== undefined) return known;
    const reading = this.#older.get(text) ?? read(text);
    this.#newer.set(text, reading);
    this.#characters += text.length + ENTRY;
    if (this.#characters > this.#mostCharacters / 2) {
      this.#older = this.#newer;
      this.#newer = new Map();
      this.#characters = 0;
    }
    return reading;
  }
}
