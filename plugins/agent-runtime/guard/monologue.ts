import { alarm, OK, type Settings } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

/** Messages that are compared, and how much of each: of both ends where it is longer. */
const COMPARED = 6;
const MOST = 2_000;

/** D4: messages without a call that say the same, or nothing. */
export class Monologue {
  readonly #limits: Settings['monologue'];
  #recent: { readonly number: number; readonly grams: Int32Array }[] = [];
  #empty: number[] = [];

  constructor({ monologue }: Settings) {
    this.#limits = monologue;
  }

  reset(): void {
    this.#recent = [];
    this.#empty = [];
  }

  message(text: string, number: number): GuardVerdict {
    const { messages, similarity } = this.#limits;
    const said = plain(text);
    if (said === '') {
      this.#empty.push(number);
      if (this.#empty.length < messages) return OK;
      return alarm('stop', 'monologue', this.#empty, `${this.#empty.length} empty messages in a row.`);
    }
    this.#empty = [];
    const grams = gramsOf(said);
    const alike = this.#recent.filter((each) => jaccard(each.grams, grams) >= similarity).map((each) => each.number);
    this.#recent.push({ number, grams });
    if (this.#recent.length > Math.max(COMPARED, messages)) this.#recent.shift();
    if (alike.length + 1 < messages) return OK;
    const what = `${alike.length + 1} messages without a call said the same: ${said.slice(0, 160)}`;
    return alarm('stop', 'monologue', [...alike, number], what);
  }
}

/** Case, space, marks and counts do not make another message. */
const plain = (text: string): string =>
  (text.length > MOST * 2 ? text.slice(0, MOST) + text.slice(-MOST) : text)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\d+/g, '0')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** The different runs of three characters, sorted. Of characters, because Chinese has no spaces between words. */
function gramsOf(text: string): Int32Array {
  const short = text.length > MOST ? text.slice(0, MOST / 2) + text.slice(-MOST / 2) : text.padEnd(3);
  const grams = new Int32Array(short.length - 2);
  for (let at = 0; at < grams.length; at++)
    grams[at] =
      Math.imul(Math.imul(short.charCodeAt(at), 31_337) ^ short.charCodeAt(at + 1), 31_337) ^ short.charCodeAt(at + 2);
  grams.sort();
  let size = 0;
  for (const gram of grams) if (size === 0 || grams[size - 1] !== gram) grams[size++] = gram;
  return grams.subarray(0, size);
}

function jaccard(one: Int32Array, other: Int32Array): number {
  let both = 0;
  for (let a = 0, b = 0; a < one.length && b < other.length; ) {
    const difference = one[a]! - other[b]!;
    if (difference === 0) both++;
    if (difference <= 0) a++;
    if (difference >= 0) b++;
  }
  return both / (one.length + other.length - both);
}
