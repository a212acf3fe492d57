import { theLexicon } from './lexicon.ts';
import { type Terms, weightOf } from './terms.ts';
import { closenessOf, DIMENSIONS, readVectors, unit, type Vectors } from './vectors.ts';

let vectors: Vectors | undefined;
const theVectors = (): Vectors => {
  vectors ??= readVectors('purposes.bin');
  return vectors;
};

/** How near two words of the lexicon are where tools are told of: `run` and `execute`. */
export const purposeCloseness = (one: number, other: number): number => closenessOf(theVectors().values, one, other);

/**
 * Where a text stands among others that tell of needs and tools; of length 1, or 0 where no word is known. Vectors that were
 * trained for it (`test/bench/purpose-training.ts`): what is asked for and what serves it lie near one another, which words
 * near in meaning need not (`buy` and `sell`); each is as long as its word tells much.
 */
export function purposeOf({ known }: Terms): Float32Array {
  const { told, values } = theVectors();
  const lexicon = theLexicon();
  const sum = new Float32Array(DIMENSIONS);
  for (const [id, weight] of known) {
    // The trained length holds how much a word tells; what is left of the weight is whether it stands for a value.
    const length = (told[id]! * weight) / weightOf(lexicon.rarityOf(id));
    for (let d = 0; d < DIMENSIONS; d++) sum[d]! += length * values[id * DIMENSIONS + d]!;
  }
  return unit(sum);
}
