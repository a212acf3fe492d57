import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import type { RankedTool, ToolSearch } from './api.ts';
import { termsOf } from './words.ts';

export interface LexicalConfig {
  readonly nameWeight: number;
  readonly parameterWeight: number;
}

/** BM25 (Robertson and Zaragoza 2009): how fast repetition stops to count, and how much length counts. */
const K1 = 1.2;
const B = 0.75;

interface Posting {
  readonly document: number;
  readonly weight: number;
}
interface Index {
  readonly version: number;
  readonly tools: readonly Tool[];
  readonly lengths: readonly number[];
  readonly meanLength: number;
  readonly postings: ReadonlyMap<string, readonly Posting[]>;
}

/** Ranks by words that query and tool share; a word in the name counts more than one in the text. */
export class LexicalSearch implements ToolSearch {
  readonly #registry: ToolRegistry;
  readonly #config: LexicalConfig;
  #index: Index | undefined;

  constructor(registry: ToolRegistry, config: LexicalConfig) {
    this.#registry = registry;
    this.#config = config;
  }

  search(query: string, k: number): readonly RankedTool[] {
    const index = this.#current();
    const scores = new Map<number, number>();
    for (const term of new Set(termsOf(query))) {
      const found = index.postings.get(term);
      if (found === undefined) continue;
      const rarity = Math.log(1 + (index.tools.length - found.length + 0.5) / (found.length + 0.5));
      for (const { document, weight } of found) {
        const length = 1 - B + (B * index.lengths[document]!) / index.meanLength;
        const gain = (rarity * weight * (K1 + 1)) / (weight + K1 * length);
        scores.set(document, (scores.get(document) ?? 0) + gain);
      }
    }
    return [...scores]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, k)
      .map(([document, score]) => ({ tool: index.tools[document]!, score }));
  }

  #current(): Index {
    const { version, tools } = this.#registry.snapshot;
    if (this.#index?.version !== version) this.#index = build(version, [...tools.values()], this.#config);
    return this.#index;
  }
}

function build(version: number, tools: readonly Tool[], config: LexicalConfig): Index {
  const postings = new Map<string, Posting[]>();
  const lengths: number[] = [];
  for (const [document, tool] of tools.entries()) {
    const weights = new Map<string, number>();
    const add = (text: string, weight: number) => {
      for (const term of termsOf(text)) weights.set(term, (weights.get(term) ?? 0) + weight);
    };
    const { definition } = tool;
    add(`${tool.name} ${definition.title ?? ''}`, config.nameWeight);
    add(`${tool.server} ${tool.toolkit ?? ''} ${tool.capabilities.join(' ')} ${definition.description ?? ''}`, 1);
    const parameters = definition.inputSchema?.properties;
    if (typeof parameters === 'object' && parameters !== null)
      add(Object.keys(parameters).join(' '), config.parameterWeight);
    let length = 0;
    for (const [term, weight] of weights) {
      length += weight;
      const list = postings.get(term);
      if (list === undefined) postings.set(term, [{ document, weight }]);
      else list.push({ document, weight });
    }
    lengths.push(length);
  }
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length) || 1;
  return { version, tools, lengths, meanLength, postings };
}
