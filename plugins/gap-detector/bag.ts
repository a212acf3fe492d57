import type { Terms } from './terms.ts';

/** For each text the cosine of its words with the needed ones, 0 to 1: what few of the texts have counts more. */
export function bagLikeness(needed: Terms, texts: readonly Terms[]): number[] {
  const counts = new Map<number | string, number>();
  for (const { known, unknown } of texts) {
    for (const word of known.keys()) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const word of unknown.keys()) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const most = Math.log(texts.length + 2);
  const rarity = (word: number | string): number =>
    Math.log(1 + (texts.length + 1) / ((counts.get(word) ?? 0) + 1)) / most;
  const wanted = [...needed.known, ...needed.unknown].map(([word, weight]) => [word, weight * rarity(word)] as const);
  const length = Math.sqrt(wanted.reduce((sum, [, weight]) => sum + weight * weight, 0)) || 1;
  return texts.map(({ known, unknown }) => {
    let square = 0;
    for (const [word, weight] of known) square += (weight * rarity(word)) ** 2;
    for (const [word, weight] of unknown) square += (weight * rarity(word)) ** 2;
    let sum = 0;
    for (const [word, weight] of wanted) {
      const has = typeof word === 'number' ? known.get(word) : unknown.get(word);
      if (has !== undefined) sum += weight * has * rarity(word);
    }
    return square === 0 ? 0 : sum / (length * Math.sqrt(square));
  });
}
