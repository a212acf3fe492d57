import { constants, zstdCompressSync } from 'node:zlib';
import type { ImportedRun, RunMessage } from '#plugins/trajectory-formats/api';
import type { BodyMessage, BodyRun, Elsewhere } from './body.ts';
import type { LongText } from './long-text.ts';

export interface PackedRun {
  /** The run as compressed JSON, with numbers in the place of shared texts. */
  readonly data: Uint8Array;
  /** Those texts: a number is an index of them. */
  readonly texts: readonly LongText[];
}

/** Splits a run into what only it has, which is compressed as a whole, and the texts for which `shared` has the key. */
export function pack(
  run: ImportedRun,
  texts: ReadonlyMap<string, LongText>,
  shared: ReadonlySet<string>,
  level: number,
): PackedRun {
  const splitting = new Splitting(texts, shared);
  const { outcome, toolDefinitions, reference } = run;
  const body: BodyRun = {
    ...run,
    request: splitting.text(run.request),
    messages: run.messages.map((message) => bodyMessage(message, splitting)),
    ...(outcome.answer !== undefined && { outcome: { ...outcome, answer: splitting.text(outcome.answer) } }),
    ...(toolDefinitions !== undefined && { toolDefinitions: splitting.json(toolDefinitions) }),
    ...(reference !== undefined && { reference: splitting.json(reference) }),
  };
  return { data: compressed(Buffer.from(JSON.stringify(body)), level), texts: splitting.list };
}

export function compressed(bytes: Uint8Array, level: number): Uint8Array {
  // With the length known, tables are no larger than it needs.
  const options = { params: { [constants.ZSTD_c_compressionLevel]: level }, pledgedSrcSize: bytes.length };
  return zstdCompressSync(bytes, options);
}

function bodyMessage(message: RunMessage, splitting: Splitting): BodyMessage {
  const text = splitting.text(message.text);
  const reasoning = message.reasoning === undefined ? undefined : splitting.text(message.reasoning);
  if (text === message.text && reasoning === message.reasoning) return message;
  return { ...message, text, ...(reasoning !== undefined && { reasoning }) };
}

class Splitting {
  readonly list: LongText[] = [];
  readonly #texts: ReadonlyMap<string, LongText>;
  readonly #shared: ReadonlySet<string>;
  readonly #index = new Map<string, number>();

  constructor(texts: ReadonlyMap<string, LongText>, shared: ReadonlySet<string>) {
    this.#texts = texts;
    this.#shared = shared;
  }

  text(text: string): Elsewhere<string> {
    return this.#indexOf(text) ?? text;
  }
  json<T extends object>(value: T): Elsewhere<T> {
    return this.#indexOf(JSON.stringify(value)) ?? value;
  }

  #indexOf(text: string): number | undefined {
    const long = this.#texts.get(text);
    if (long === undefined || !this.#shared.has(long.key)) return undefined;
    let index = this.#index.get(long.key);
    if (index === undefined) {
      index = this.list.push(long) - 1;
      this.#index.set(long.key, index);
    }
    return index;
  }
}
