import { hidesNumbers, isSecretKey } from './secret-keys.ts';
import { givesSecret, MASK, NAMED, SHAPES } from './secret-shapes.ts';

/** A window of a long text. */
const WINDOW = 65_536;
/** Beyond every secret that a shape can find. */
const REACH = 5_000;
const REACH_OF_KEYS = 20_000;
const TRIES = 10;

/** Takes secrets out of texts: those that are known, and those that show by their shape or by their name. */
export class Masker {
  readonly #known: RegExp | undefined;

  constructor(known: RegExp | undefined) {
    this.#known = known;
  }

  /** A JSON text remains one. */
  text(text: string): string {
    const masked = this.#shaped(text);
    if (masked === text || !/^\s*[[{]/.test(text)) return masked;
    const value = parsed(text);
    return value === undefined || parsed(masked) !== undefined ? masked : JSON.stringify(this.value(value));
  }

  /** A long text in pieces, so that others have their turn between them. No secret lies across a cut. */
  *pieces(text: string): Generator<string> {
    const reach = text.includes('PRIVATE KEY') ? REACH_OF_KEYS : REACH;
    for (let from = 0; from < text.length; ) {
      const to = this.#cut(text, from, reach);
      yield this.#shaped(text.slice(from, to));
      from = to;
    }
  }

  /** A copy of plain data. `hidden`: it stands under the name of a secret. */
  value(value: unknown, hidden = false): unknown {
    if (typeof value === 'string') return hidden ? MASK : this.text(value);
    if (typeof value !== 'object' || value === null) return hidden && typeof value === 'number' ? MASK : value;
    if (Array.isArray(value)) return value.map((each) => this.value(each, hidden));
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, this.value(each, this.hides(key, each, hidden))]),
    );
  }

  /** Whether what stands under this key is hidden whatever it says. */
  hides(key: string, value: unknown, already: boolean): boolean {
    if (already) return true;
    if (!isSecretKey(key)) return false;
    if (typeof value === 'number') return hidesNumbers(key);
    // `{ password: { type: 'string' } }` describes a password.
    return !(typeof value === 'object' && value !== null && ('type' in value || '$ref' in value || 'anyOf' in value));
  }

  #shaped(text: string): string {
    let masked = this.#known === undefined ? text : text.replace(this.#known, MASK);
    for (const shapes of givesSecret(masked) ? [SHAPES, NAMED] : [SHAPES])
      for (const { may, expression, put } of shapes)
        if (may?.(masked) !== false) masked = masked.replace(expression, put);
    return masked;
  }

  /** Where both sides masked by themselves are what they are together. */
  #cut(text: string, from: number, reach: number): number {
    for (let size = WINDOW; from + size < text.length; size += WINDOW) {
      const line = text.slice(from + size - WINDOW / 2, from + size).lastIndexOf('\n');
      let to = from + size - (line < 0 ? 0 : WINDOW / 2 - line);
      for (let tried = 0; tried < TRIES && to > from; tried++, to -= 997) {
        if (isLowSurrogate(text.charCodeAt(to))) to -= 1;
        const left = text.slice(Math.max(from, to - reach), to);
        const right = text.slice(to, to + reach);
        if (this.#shaped(left + right) === this.#shaped(left) + this.#shaped(right)) return to;
      }
    }
    return text.length;
  }
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
