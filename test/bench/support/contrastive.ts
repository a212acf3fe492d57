/** Words, by number, of two texts that belong together. */
export type Pair = readonly [one: readonly number[], other: readonly number[]];
type Vectors = readonly Float32Array[];

const EPOCHS = 2;
const BATCH = 256;
const TEMPERATURE = 0.15;
const STEP = 0.02;
const TOO_LITTLE = 1e-5;

/**
 * Moves word vectors so that texts which belong together, each the sum of its words, point the same way and those of other
 * pairs in the batch do not (softmax over the batch in both directions, Adagrad). Makes the same of the same pairs.
 */
export function trainPairs(first: Vectors, pairs: readonly Pair[], say: (line: string) => void): Vectors {
  const vectors = first.map((vector) => vector.slice());
  const squares = first.map((vector) => new Float32Array(vector.length).fill(1e-4));
  const random = randomFrom(1);
  const order = [...pairs];
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    shuffle(order, random);
    let loss = 0;
    let batches = 0;
    for (let at = 0; at + BATCH <= order.length; at += BATCH) {
      const batch = order.slice(at, at + BATCH);
      loss += step(batch, vectors, squares);
      batches++;
    }
    say(`epoch ${epoch}: loss ${(loss / batches).toFixed(3)}`);
  }
  return vectors;
}

interface Text {
  readonly words: readonly number[];
  readonly direction: Float32Array;
  readonly length: number;
  readonly slope: Float32Array;
}

function step(batch: readonly Pair[], vectors: Vectors, squares: Vectors): number {
  const ones = batch.map(([one]) => textOf(one, vectors));
  const others = batch.map(([, other]) => textOf(other, vectors));
  const likely = ones.map((one) =>
    Float64Array.from(others, (other) => Math.exp((dot(one.direction, other.direction) - 1) / TEMPERATURE)),
  );
  const rows = likely.map((row) => row.reduce((sum, value) => sum + value, 0));
  const columns = others.map((_, n) => likely.reduce((sum, row) => sum + row[n]!, 0));
  let loss = 0;
  for (const [n, one] of ones.entries()) {
    loss -= Math.log(likely[n]![n]! / rows[n]!);
    for (const [m, other] of others.entries()) {
      const chance = (likely[n]![m]! / rows[n]! + likely[n]![m]! / columns[m]!) / 2;
      const pull = (chance - (n === m ? 1 : 0)) / TEMPERATURE;
      if (Math.abs(pull) < TOO_LITTLE) continue;
      for (let d = 0; d < one.slope.length; d++) {
        one.slope[d]! += pull * other.direction[d]!;
        other.slope[d]! += pull * one.direction[d]!;
      }
    }
  }
  for (const text of [...ones, ...others]) move(text, vectors, squares);
  return loss / batch.length;
}

function textOf(words: readonly number[], vectors: Vectors): Text {
  const size = vectors[0]!.length;
  const sum = new Float32Array(size);
  for (const word of words) for (let d = 0; d < size; d++) sum[d]! += vectors[word]![d]!;
  const length = Math.sqrt(dot(sum, sum)) || 1;
  return { words, direction: sum.map((value) => value / length), length, slope: new Float32Array(size) };
}

function move({ words, direction, length, slope }: Text, vectors: Vectors, squares: Vectors): void {
  const along = dot(slope, direction);
  for (const word of words)
    for (let d = 0; d < slope.length; d++) {
      const slant = (slope[d]! - along * direction[d]!) / length;
      squares[word]![d]! += slant * slant;
      vectors[word]![d]! -= (STEP * slant) / Math.sqrt(squares[word]![d]!);
    }
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < one.length; d++) sum += one[d]! * other[d]!;
  return sum;
}

function shuffle<T>(all: T[], random: () => number): void {
  for (let n = all.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    [all[n], all[other]] = [all[other]!, all[n]!];
  }
}

/** Mulberry32: the same numbers from the same seed, 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
