import { CLASSES } from './classes.ts';
import { hash, type Source } from './files.ts';

export interface Sample extends Source {
  readonly class: string;
  readonly half: Half;
}
export type Half = 'train' | 'test';

export interface Corpus {
  readonly samples: readonly Sample[];
  /** Classes of which this machine has less than a tenth of what was asked for, and what they have, in characters. */
  readonly short: ReadonlyMap<string, number>;
}

/**
 * Texts of every class from what is on the machine: packages, documentation, catalogues, real command output, and some written
 * for it or generated. A source is in one half only, by its name, so that nothing that was fitted on is tested on.
 * `characters`: of each class and half, at most.
 */
export function buildCorpus(half: Half, characters: number, only?: RegExp): Corpus {
  const samples: Sample[] = [];
  const short = new Map<string, number>();
  for (const [name, sources] of Object.entries(CLASSES)) {
    if (only && !only.test(name)) continue;
    let left = characters;
    const seen = new Set<string>();
    for (const source of sources()) {
      if (halfOf(source) !== half || seen.has(source.name)) continue;
      seen.add(source.name);
      const text = excerpt(source.text, Math.min(left, Math.ceil(characters / SOURCES)));
      samples.push({ class: name, half, name: source.name, text });
      left -= text.length;
      if (left <= 0) break;
    }
    if (left > characters * 0.9) short.set(name, characters - left);
  }
  return { samples, short };
}

/** So many at least where there are as many: one odd file shall not be a class. */
const SOURCES = 16;

const halfOf = ({ name }: Source): Half => (hash(name) & 1 ? 'train' : 'test');

/** From within the text: many begin with the same licence. */
function excerpt(text: string, length: number): string {
  if (text.length <= length) return text;
  const from = text.indexOf('\n', Math.floor((text.length - length) / 3)) + 1;
  return text.slice(from, from + length).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');
}
