export interface Sample {
  readonly features: readonly number[];
  readonly positive: boolean;
  readonly weight: number;
}
export interface Fitted {
  readonly bias: number;
  readonly weights: readonly number[];
}
const ROUNDS = 8;

/** Ridge logistic regression by Newton's method on standardised features; the answer is for features as they are. */
export function fitLogistic(samples: readonly Sample[], penalty: number): Fitted {
  const width = samples[0]!.features.length;
  const all = samples.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + sample.weight * of(sample), 0) / all;
  const middles = Array.from({ length: width }, (_, n) => mean(({ features }) => features[n]!));
  const spreads = middles.map((middle, n) => Math.sqrt(mean(({ features }) => (features[n]! - middle) ** 2)) || 1);
  const inputs = samples.map(({ features }) => [1, ...features.map((value, n) => (value - middles[n]!) / spreads[n]!)]);
  const found = new Array<number>(width + 1).fill(0);
  for (let round = 0; round < ROUNDS; round++) {
    const rows = found.map(() => new Array<number>(width + 2).fill(0));
    for (const [n, input] of inputs.entries()) {
      const { weight, positive } = samples[n]!;
      const chance = 1 / (1 + Math.exp(-input.reduce((sum, value, at) => sum + value * found[at]!, 0)));
      const error = weight * ((positive ? 1 : 0) - chance);
      const curve = weight * Math.max(1e-6, chance * (1 - chance));
      for (let a = 0; a <= width; a++) {
        rows[a]![width + 1]! += error * input[a]!;
        for (let b = 0; b <= width; b++) rows[a]![b]! += curve * input[a]! * input[b]!;
      }
    }
    for (let a = 1; a <= width; a++) {
      rows[a]![width + 1]! -= penalty * all * found[a]!;
      rows[a]![a]! += penalty * all;
    }
    for (const [at, step] of solve(rows).entries()) found[at]! += step;
  }
  const weights = spreads.map((spread, n) => found[n + 1]! / spread);
  return { bias: found[0]! - weights.reduce((sum, weight, n) => sum + weight * middles[n]!, 0), weights };
}

/** Gauss with pivots; each row ends with its right side. */
function solve(rows: number[][]): number[] {
  const size = rows.length;
  for (let at = 0; at < size; at++) {
    const pivot = rows.reduce(
      (best, row, n) => (n >= at && Math.abs(row[at]!) > Math.abs(rows[best]![at]!) ? n : best),
      at,
    );
    [rows[at], rows[pivot]] = [rows[pivot]!, rows[at]!];
    for (let below = at + 1; below < size; below++) {
      const factor = rows[below]![at]! / rows[at]![at]!;
      for (let column = at; column <= size; column++) rows[below]![column]! -= factor * rows[at]![column]!;
    }
  }
  const found = new Array<number>(size).fill(0);
  for (let at = size - 1; at >= 0; at--) {
    let rest = rows[at]![size]!;
    for (let column = at + 1; column < size; column++) rest -= rows[at]![column]! * found[column]!;
    found[at] = rest / rows[at]![at]!;
  }
  return found;
}
