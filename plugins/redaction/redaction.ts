import type { Redaction } from './api.ts';
import { canonical } from './canonical.ts';
import type { RedactionConfig } from './config.ts';
import { hiddenMembers, isSchema } from './hidden-members.ts';
import { numberQuotes } from './json-numbers.ts';
import { KnownValues } from './known-values.ts';
import { outsidePlaceholders, Placeholders } from './placeholders.ts';
import type { Scanner } from './scanner.ts';
import { type Span, united } from './span.ts';
import { kindOf } from './telling-names.ts';

/** Texts of one run that are the same are redacted once. */
const LONGEST_REMEMBERED = 200_000;
const LEAST_NUMBER = 1e9;

/** What goes of one run, and what stands in its place. */
export class RunRedaction implements Redaction {
  readonly #scanner: Scanner;
  readonly #maxDepth: number;
  readonly #placeholders = new Placeholders();
  readonly #known: KnownValues;

  constructor(scanner: Scanner, config: RedactionConfig) {
    this.#scanner = scanner;
    this.#maxDepth = config.maxDepth;
    this.#known = new KnownValues(config.maxKnown);
    for (const secret of config.secrets) this.#known.add(secret, 'SECRET');
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#placeholders.counts;
  }

  text(text: string): string {
    return this.#inJson(text, this.#put(text, this.#read(text)));
  }

  value<T>(value: T): T {
    // First everything that can be learned, so that what is named late is hidden early too.
    const spans = new Map<string, readonly Span[]>();
    this.#collect(value, spans, 0);
    const done = new Map<string, string>();
    const put = (text: string): string => {
      const before = done.get(text);
      if (before !== undefined) return before;
      const after = this.#inJson(text, this.#put(text, spans.get(text) ?? this.#read(text)));
      if (text.length <= LONGEST_REMEMBERED) done.set(text, after);
      return after;
    };
    return this.#replace(value, put, 0) as T;
  }

  #collect(value: unknown, spans: Map<string, readonly Span[]>, depth: number): void {
    if (typeof value === 'string') {
      if (!spans.has(value)) spans.set(value, this.#read(value));
    } else if (typeof value === 'object' && value !== null && depth < this.#maxDepth) {
      if (Array.isArray(value)) {
        for (const each of value) this.#collect(each, spans, depth + 1);
        return;
      }
      const hidden = hiddenMembers(value, this.#scanner.names);
      for (const [key, each] of Object.entries(value)) {
        this.#collect(key, spans, depth);
        const name = hidden?.get(key);
        if (name === undefined) this.#collect(each, spans, depth + 1);
        else this.#learnAll(each, name, depth + 1);
      }
    }
  }

  /** All that stands under a telling name. */
  #learnAll(value: unknown, name: string, depth: number): void {
    if (typeof value === 'string') this.#known.learn(value, kindOf(name));
    else if (typeof value === 'object' && value !== null && depth < this.#maxDepth)
      for (const each of Object.values(value)) this.#learnAll(each, name, depth + 1);
  }

  #read(text: string): readonly Span[] {
    this.#placeholders.reserve(text);
    const { spans, tells, told } = this.#scanner.read(text);
    for (const [value, kind] of told) this.#known.learn(value, kind);
    // What a JSON text names with its structure: `{"name": "password", "value": ...}`.
    if (tells && /^\s*[[{]/.test(text)) this.#learnMembers(parsed(text), 0);
    return spans;
  }
  #learnMembers(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || depth >= this.#maxDepth) return;
    const hidden = Array.isArray(value) ? undefined : hiddenMembers(value, this.#scanner.names);
    for (const [key, each] of Object.entries(value)) {
      const name = hidden?.get(key);
      if (name === undefined) this.#learnMembers(each, depth + 1);
      else this.#learnAll(each, name, depth + 1);
    }
  }

  #replace(value: unknown, put: (text: string) => string, depth: number): unknown {
    if (typeof value === 'string') return put(value);
    if (typeof value === 'number') return this.#number(value, put);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= this.#maxDepth) return this.#placeholders.for('TOO_DEEP', '');
    if (Array.isArray(value))
      return unchanged(
        value,
        value.map((each) => this.#replace(each, put, depth + 1)),
      );
    const hidden = hiddenMembers(value, this.#scanner.names);
    const after: [string, unknown][] = [];
    const taken = new Set<string>();
    let isSame = true;
    for (const [key, each] of Object.entries(value)) {
      let name = put(key);
      // Two spellings of one value, both names here: neither is lost.
      for (let n = 2; taken.has(name); n++) name = `${put(key)} (${n})`;
      taken.add(name);
      const told = hidden?.get(key);
      const replaced =
        told === undefined ? this.#replace(each, put, depth + 1) : this.#hide(each, told, put, depth + 1);
      isSame &&= name === key && replaced === each;
      after.push([name, replaced]);
    }
    return isSame ? value : Object.fromEntries(after);
  }

  /** A value under a telling name, as a whole; structure around it stays. */
  #hide(value: unknown, name: string, put: (text: string) => string, depth: number): unknown {
    if (typeof value === 'string') {
      if (value === '' || /^<[A-Z][A-Z_]*_\d+>$/.test(value) || this.#scanner.keeps(value)) return value;
      return this.#placeholders.for(kindOf(name), canonical(value, kindOf(name)));
    }
    if (typeof value === 'number') return this.#placeholders.for(kindOf(name), String(value));
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= this.#maxDepth) return this.#placeholders.for('TOO_DEEP', '');
    if (isSchema(value)) return this.#replace(value, put, depth);
    if (Array.isArray(value))
      return unchanged(
        value,
        value.map((each) => this.#hide(each, name, put, depth + 1)),
      );
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [put(key), this.#hide(each, name, put, depth + 1)]),
    );
  }

  /** A telephone or card number that JSON holds as a number. */
  #number(value: number, put: (text: string) => string): unknown {
    if (!Number.isSafeInteger(value) || value < LEAST_NUMBER) return value;
    const after = put(String(value));
    return after === String(value) ? value : after;
  }

  /** A JSON text remains one: where a value seemed to go beyond its string, each string is done by itself. */
  #inJson(before: string, after: string): string {
    if (after === before || !/^\s*[[{]/.test(before) || parsed(after) !== undefined) return after;
    const value = parsed(before);
    return value === undefined
      ? after
      : JSON.stringify(this.#replace(value, (text) => this.#put(text, this.#read(text)), 0));
  }

  #put(text: string, found: readonly Span[]): string {
    const bare = this.#scanner.bare(text, this.#known);
    if (found.length === 0 && bare.length === 0) return text;
    const spans = outsidePlaceholders(text, united([...found, ...bare]));
    if (spans.length === 0) return text;
    let out = '';
    let done = 0;
    for (const { start, end, kind } of spans) {
      const placeholder = this.#placeholders.for(kind, canonical(text.slice(start, end), kind));
      const quote = numberQuotes(text, start, end);
      out += text.slice(done, start) + quote + placeholder + quote;
      done = end;
    }
    return out + text.slice(done);
  }
}

const unchanged = <T extends readonly unknown[]>(before: T, after: readonly unknown[]): readonly unknown[] =>
  after.every((each, i) => each === before[i]) ? before : after;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
