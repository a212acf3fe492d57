import type { Terms } from './terms.ts';

type Word = number | string;
/** What of a list of texts depends on no need. */
interface Bags {
  readonly texts: readonly Terms[];
  readonly rarity: (word: Word) => number;
  readonly lengths: Float64Array;
}

/** For each text the cosine of its words with the needed ones, 0 to 1: what few of the texts have counts more. */
export function bagLikeness(needed: Terms, texts: readonly Terms[]): number[] {
  const { rarity, lengths } = bagsOf(texts);
  const known = [...needed.known].map(([word, weight]) => ({
    word,
    weight: weight * rarity(word),
    rare: rarity(word),
  }));
  const others = [...needed.unknown].map(([word, weight]) => ({
    word,
    weight: weight * rarity(word),
    rare: rarity(word),
  }));
  const length = Math.sqrt([...known, ...others].reduce((sum, { weight }) => sum + weight * weight, 0)) || 1;
  return texts.map((text, n) => {
    let sum = 0;
    for (const { word, weight, rare } of known) sum += weight * rare * (text.known.get(word) ?? 0);
    if (text.unknown.size > 0)
      for (const { word, weight, rare } of others) sum += weight * rare * (text.unknown.get(word) ?? 0);
    return lengths[n] === 0 ? 0 : sum / (length * lengths[n]!);
  });
}

const MOST_KEPT = 4;
const kept: Bags[] = [];

/** The same tools are asked about again and again: lists are known by their texts, which `offeredOf` keeps. */
function bagsOf(texts: readonly Terms[]): Bags {
  const at = kept.findIndex(
    (bags) => bags.texts.length === texts.length && bags.texts.every((text, n) => text === texts[n]),
  );
  const bags = kept.splice(at, at < 0 ? 0 : 1)[0] ?? read(texts);
  kept.unshift(bags);
  kept.length = Math.min(kept.length, MOST_KEPT);
  return bags;
}

function read(texts: readonly Terms[]): Bags {
  const counts = new Map<Word, number>();
  for (const { known, unknown } of texts) {
    for (const word of known.keys()) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const word of unknown.keys()) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const most = Math.log(texts.length + 2);
  const rarities = new Map(
    [...counts].map(([word, count]) => [word, Math.log(1 + (texts.length + 1) / (count + 1)) / most]),
  );
  const absent = Math.log(texts.length + 2) / most;
  const rarity = (word: Word): number => rarities.get(word) ?? absent;
  const lengths = Float64Array.from(texts, ({ known, unknown }) => {
    let square = 0;
    for (const [word, weight] of known) square += (weight * rarity(word)) ** 2;
    for (const [word, weight] of unknown) square += (weight * rarity(word)) ** 2;
    return Math.sqrt(square);
  });
  return { texts, rarity, lengths };
}
