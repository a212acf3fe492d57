import type { Usage } from '../api.ts';
import type { Price, Prices } from './prices-file.ts';

const MILLION = 1_000_000;

/** What usage costs, by model. */
export class PriceList {
  /** Longest first. */
  readonly #patterns: readonly (readonly [RegExp, Price])[];
  readonly #found = new Map<string, Price | undefined>();

  constructor(prices: Prices) {
    this.#patterns = Object.entries(prices)
      .sort(([a], [b]) => weight(b) - weight(a))
      .map(([pattern, price]) => [matcher(pattern), price]);
  }

  /** US dollars; undefined where the model has no price. */
  usd(model: string, { input, output, cacheRead = 0, cacheWrite = 0 }: Usage): number | undefined {
    const price = this.#of(model);
    if (price === undefined) return undefined;
    const fresh = Math.max(0, input - cacheRead - cacheWrite);
    const dear =
      fresh * price.input +
      cacheRead * (price.cacheRead ?? price.input) +
      cacheWrite * (price.cacheWrite ?? price.input) +
      output * price.output;
    return dear / MILLION;
  }

  #of(model: string): Price | undefined {
    if (!this.#found.has(model)) {
      // `vendor/model`, as those who sell other people's models name them.
      const names = [model, model.slice(model.lastIndexOf('/') + 1)];
      this.#found.set(model, this.#patterns.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1]);
    }
    return this.#found.get(model);
  }
}

/** The letters that have to be there; without a star before one with. */
const weight = (pattern: string): number => pattern.replaceAll('*', '').length * 2 + (pattern.includes('*') ? 0 : 1);

function matcher(pattern: string): RegExp {
  const parts = pattern.split(/\*+/).map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'is');
}
