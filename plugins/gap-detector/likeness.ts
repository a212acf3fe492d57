import { cosine, theLexicon } from './lexicon.ts';
import { type Offered, parametersOf } from './offered.ts';
import { purposeCloseness } from './purposes.ts';
import type { Terms } from './terms.ts';

/** How one tool answers a need; each 0 to 1. */
export interface Likeness {
  /** Share of the need's words, by weight, that the tool's text has or comes near to in meaning. */
  readonly covers: number;
  /** The same, where the parameters count too. */
  readonly takes: number;
  /** The same, words as they are. */
  readonly says: number;
  /** Share of the tool's text that the need comes near to: what is asked for is what the tool is for. */
  readonly fits: number;
  /** The same of its name. */
  readonly named: number;
  /** Cosine of the subjects. */
  readonly subject: number;
  /** Weight of the most telling word of the need that it does not come near to. */
  readonly lacks: number;
}

/** Below it two words have nothing to do with one another. */
const NEAR = 0.3;
/** Of a few tools; more of them make it grow. */
const FIRST_ROWS = 128;
const nearness = (closeness: number): number => Math.max(0, (closeness - NEAR) / (1 - NEAR));

/** One need, asked of many tools: how near two words are is found out once. */
export class Need {
  readonly terms: Terms;
  readonly #known: readonly (readonly [id: number, weight: number])[];
  readonly #direction: Float32Array;
  /** Where in `#nearness` a word's row is, plus one; 0 where not looked at. */
  readonly #rows: Uint16Array;
  /** One row for each word met: how near each word of the need is to it, and at the end the most of these. */
  #nearness: Float32Array;
  #met = 0;

  constructor(terms: Terms) {
    const lexicon = theLexicon();
    this.terms = terms;
    this.#known = [...terms.known];
    this.#direction = lexicon.direction(terms.known);
    this.#rows = new Uint16Array(lexicon.size);
    this.#nearness = new Float32Array((this.#known.length + 1) * FIRST_ROWS);
  }

  likeness(offered: Offered): Likeness {
    const { known, unknown } = this.terms;
    const total = this.terms.total || 1;
    const parameters = parametersOf(offered.tool);
    let covers = 0;
    let takes = 0;
    let says = 0;
    let lacks = 0;
    const inText = this.#nearest(offered.text);
    const inParameters = this.#nearest(parameters);
    for (const [n, [id, weight]] of this.#known.entries()) {
      const text = inText[n]!;
      const either = Math.max(text, inParameters[n]!);
      covers += weight * text;
      takes += weight * either;
      if (offered.text.known.has(id)) says += weight;
      lacks = Math.max(lacks, weight * (1 - either));
    }
    for (const [word, weight] of unknown) {
      const has = offered.text.unknown.has(word);
      if (has) {
        covers += weight;
        says += weight;
      }
      if (has || parameters.unknown.has(word)) takes += weight;
    }
    return {
      covers: covers / total,
      takes: takes / total,
      says: says / total,
      fits: this.#back(offered.text),
      named: this.#back(offered.name),
      subject: known.size === 0 ? 0 : Math.max(0, cosine(this.#direction, offered.direction)),
      lacks,
    };
  }

  /** For each word of the need how near the text comes to it. */
  #nearest({ known }: Terms): Float32Array {
    const width = this.#known.length;
    const nearest = new Float32Array(width);
    for (const id of known.keys()) {
      const row = this.#row(id);
      const nearness = this.#nearness;
      for (let n = 0; n < width; n++) if (nearness[row + n]! > nearest[n]!) nearest[n] = nearness[row + n]!;
    }
    return nearest;
  }

  #back(text: Terms): number {
    let sum = 0;
    for (const [id, weight] of text.known) {
      const most = this.#row(id) + this.#known.length;
      sum += weight * this.#nearness[most]!;
    }
    for (const [word, weight] of text.unknown) if (this.terms.unknown.has(word)) sum += weight;
    return text.total === 0 ? 0 : sum / text.total;
  }

  /** Where the row of a word begins. */
  #row(id: number): number {
    const width = this.#known.length;
    const stride = width + 1;
    const found = this.#rows[id]!;
    if (found > 0) return (found - 1) * stride;
    const row = this.#met++ * stride;
    this.#rows[id] = this.#met;
    if (row + stride > this.#nearness.length) {
      const grown = new Float32Array(this.#nearness.length * 2);
      grown.set(this.#nearness);
      this.#nearness = grown;
    }
    const lexicon = theLexicon();
    let most = 0;
    for (let n = 0; n < width; n++) {
      const needed = this.#known[n]![0];
      const near = nearness(Math.max(lexicon.closeness(needed, id), purposeCloseness(needed, id)));
      this.#nearness[row + n] = near;
      most = Math.max(most, near);
    }
    this.#nearness[row + width] = most;
    return row;
  }
}
