import { englishOf } from './chinese.ts';
import type { LexicalConfig } from './config.ts';
import { GramNumbers } from './gram-numbers.ts';
import { GramIndex, readGrams } from './grams.ts';
import { queryTerms, type Scored, TextIndex } from './text-index.ts';
import { type Fields, type TermWeights, Vocabulary } from './vocabulary.ts';
import { termsOf } from './words.ts';

/** One document, as far as it is searched. Every text may be empty. */
export interface Searched {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly tags: string;
  readonly server: string;
  readonly parameters: string;
  readonly tools: string;
}

/** A document, read for the index: the costly part, done once for each text. */
export interface ReadDocument {
  readonly reader: DocumentReader;
  readonly searched: Searched;
  readonly names: readonly string[];
  readonly terms: TermWeights;
  readonly grams: Uint32Array;
}

/** Reads documents; those of one reader may stand in any number of indexes. */
export class DocumentReader {
  readonly vocabulary = new Vocabulary();
  readonly grams = new GramNumbers();
  readonly #config: LexicalConfig;

  constructor(config: LexicalConfig) {
    this.#config = config;
  }

  read(searched: Searched): ReadDocument {
    return {
      reader: this,
      searched,
      names: [...new Set(termsOf(searched.name))],
      terms: this.vocabulary.read(fieldsOf(searched, this.#config)),
      grams: readGrams(gramText(searched), this.grams),
    };
  }
}

/**
 * Words (BM25 over weighted fields), and among the best of them the likeness of characters, which finds other forms and
 * typing errors. Where no word is known, a word of the index that begins alike stands in for it.
 */
export class LexicalIndex {
  readonly #config: LexicalConfig;
  readonly #documents: readonly ReadDocument[];
  readonly #words: TextIndex;
  readonly #grams: GramIndex;

  constructor(documents: readonly ReadDocument[], reader: DocumentReader, config: LexicalConfig) {
    this.#config = config;
    this.#documents = documents;
    this.#words = new TextIndex(
      documents.map(({ terms }) => terms),
      reader.vocabulary,
      config,
    );
    this.#grams = new GramIndex(
      documents.map(({ grams }) => grams),
      reader.grams,
    );
  }

  /** How many of the vocabulary's words stand in a document. */
  get words(): number {
    return this.#words.used;
  }

  search(query: string, k: number, admits?: (document: number) => boolean): Scored[] {
    const { rerank, likeness, naming } = this.#config;
    const terms = this.#wanted(query);
    const found = this.#words
      .search(terms, Math.max(k, rerank), admits)
      .map(({ document, score }) => ({ document, score: score + naming * this.#named(terms, document) }));
    if (found.length === 0) return this.#byLikeness(query, k, admits);
    const like = this.#grams.query(query);
    const cosines = found.map(({ document }) => like(document));
    const best = Math.max(...cosines);
    const top = Math.max(...found.map(({ score }) => score));
    // Without a Latin letter in common there is nothing to compare by characters: words alone decide.
    const share = best > 0 ? likeness * latinShare(query) : 0;
    return found
      .map(({ document, score }, n) => {
        return { document, score: (1 - share) * (score / top) + (share > 0 ? (share * cosines[n]!) / best : 0) };
      })
      .sort((a, b) => b.score - a.score || a.document - b.document)
      .slice(0, k);
  }

  /** The query's terms; what its Chinese is called in English counts less than what it says itself. */
  #wanted(query: string): Map<string, number> {
    const terms = queryTerms(query);
    for (const term of termsOf(englishOf(query).join(' ')))
      if (!terms.has(term)) terms.set(term, this.#config.translation);
    return terms;
  }

  /** What the query has of a name tells, times how much of the name that is: a name said in full is meant. */
  #named(terms: ReadonlyMap<string, number>, document: number): number {
    let said = 0;
    let all = 0;
    for (const term of this.#documents[document]!.names) {
      const rarity = this.#words.rarity(term);
      all += rarity;
      if (terms.has(term)) said += rarity;
    }
    return all === 0 ? 0 : (said * said) / all;
  }

  /** Which words of the query stand in which field; none where it is only spelt alike. */
  reasons(query: string, document: number): string[] {
    const wanted = new Map(queryWords([query, ...englishOf(query)].join(' ')));
    return Object.entries(this.#documents[document]!.searched).flatMap(([field, text]: [string, string]) => {
      const has = new Set(termsOf(text));
      const words = [...new Set([...wanted].filter(([term]) => has.has(term)).map(([, word]) => word))];
      return words.length > 0 ? [`${field}: ${words.join(', ')}`] : [];
    });
  }

  /** No word is known: everything is compared by its characters, which is slow but rare. */
  #byLikeness(query: string, k: number, admits?: (document: number) => boolean): Scored[] {
    const like = this.#grams.query(query);
    const found: Scored[] = [];
    for (let document = 0; document < this.#documents.length; document++) {
      if (admits !== undefined && !admits(document)) continue;
      const score = like(document);
      if (score >= this.#config.leastLikeness) found.push({ document, score });
    }
    return found.sort((a, b) => b.score - a.score || a.document - b.document).slice(0, k);
  }
}

/** Each term with the word that it came from. */
function queryWords(query: string): [string, string][] {
  return [...new Set(query.match(/[\p{L}\p{N}]+/gu) ?? [])].flatMap((word) =>
    termsOf(word).map((term): [string, string] => [term, /\p{Script=Han}/u.test(term) ? term : word.toLowerCase()]),
  );
}

function latinShare(query: string): number {
  const letters = query.match(/\p{L}/gu)?.length ?? 0;
  const han = query.match(/\p{Script=Han}/gu)?.length ?? 0;
  return letters === 0 ? 1 : 1 - han / letters;
}

const fieldsOf = (each: Searched, { nameWeight, parameterWeight }: LexicalConfig): Fields => [
  [each.name, nameWeight],
  [each.title, 1],
  [each.description, 1],
  [each.tags, 1],
  [each.server, 1],
  [each.parameters, parameterWeight],
  [each.tools, 1],
];

const gramText = ({ name, title, description, tags, server, tools }: Searched): string =>
  [name, title, tags, description, server, tools].join(' ');
