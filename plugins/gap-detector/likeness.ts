import { cosine, theLexicon } from './lexicon.ts';
import { type Offered, parametersOf } from './offered.ts';
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
const nearness = (closeness: number): number => Math.max(0, (closeness - NEAR) / (1 - NEAR));

/** One need, asked of many tools: how near two words are is found out once. */
export class Need {
  readonly terms: Terms;
  readonly #known: readonly (readonly [id: number, weight: number])[];
  readonly #direction: Float32Array;
  /** Of query word n to lexicon word id: at `n * size + id`; NaN where not looked at. */
  readonly #nearness: readonly Float32Array[];

  constructor(terms: Terms) {
    const lexicon = theLexicon();
    this.terms = terms;
    this.#known = [...terms.known];
    this.#direction = lexicon.direction(terms.known);
    this.#nearness = this.#known.map(() => new Float32Array(lexicon.size).fill(Number.NaN));
  }

  likeness(offered: Offered): Likeness {
    const { known, unknown } = this.terms;
    const total = this.terms.total || 1;
    const parameters = parametersOf(offered.tool);
    let covers = 0;
    let takes = 0;
    let says = 0;
    let lacks = 0;
    for (const [n, [id, weight]] of this.#known.entries()) {
      const text = this.#best(n, offered.text.known);
      const either = Math.max(text, this.#best(n, parameters.known));
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

  #best(n: number, ids: ReadonlyMap<number, number>): number {
    let best = 0;
    for (const id of ids.keys()) {
      const near = this.#near(n, id);
      if (near > best) best = near;
    }
    return best;
  }

  #back(text: Terms): number {
    let sum = 0;
    for (const [id, weight] of text.known) {
      let best = 0;
      for (let n = 0; n < this.#known.length; n++) best = Math.max(best, this.#near(n, id));
      sum += weight * best;
    }
    for (const [word, weight] of text.unknown) if (this.terms.unknown.has(word)) sum += weight;
    return text.total === 0 ? 0 : sum / text.total;
  }

  #near(n: number, id: number): number {
    const row = this.#nearness[n]!;
    const known = row[id]!;
    if (!Number.isNaN(known)) return known;
    const found = nearness(theLexicon().closeness(this.#known[n]![0], id));
    row[id] = found;
    return found;
  }
}
