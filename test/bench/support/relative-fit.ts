/** What was counted in a text, and what it should come to. */
export interface Row {
  readonly features: Float64Array;
  readonly tokens: number;
  readonly weight: number;
}

const ROUNDS = 8;
/** Rows that are off by more than this lose weight: one odd file shall not bend the rest. */
const ROBUST = 0.1;
/** Nearly nothing, for features that no row has. */
const RIDGE = 1e-6;

/**
 * Weights between 0 and `most` that make the sum of feature x weight come near the tokens of each row, by relative error.
 * `bases`: a feature that weighs at least as much as another.
 */
export function fitRelative(
  rows: readonly Row[],
  bases: readonly (number | undefined)[],
  most: readonly number[],
): number[] {
  const used = rows
    .filter(({ tokens }) => tokens > 0)
    .map((row) => ({ ...row, features: lifted(row.features, bases) }));
  const size = bases.length;
  const trust = used.map(() => 1);
  let steps = new Float64Array(size);
  for (let round = 0; round < ROUNDS; round++) {
    const matrix = new Float64Array(size * size);
    const target = new Float64Array(size);
    used.forEach(({ features, tokens, weight }, i) => {
      const scale = (weight * trust[i]!) / tokens ** 2;
      for (let j = 0; j < size; j++) {
        const part = scale * features[j]!;
        if (part === 0) continue;
        target[j]! += part * tokens;
        for (let k = 0; k < size; k++) matrix[j * size + k]! += part * features[k]!;
      }
    });
    for (let j = 0; j < size; j++) matrix[j * size + j]! += RIDGE;
    steps = descend(matrix, target, most);
    used.forEach(({ features, tokens }, i) => {
      const off = Math.abs(features.reduce((sum, value, j) => sum + value * steps[j]!, 0) / tokens - 1);
      trust[i] = off > ROBUST ? ROBUST / off : 1;
    });
  }
  return bases.map((_, feature) =>
    Math.min(
      most[feature]!,
      chain(feature, bases).reduce((sum, j) => sum + steps[j]!, 0),
    ),
  );
}

/** What a feature weighs is the sum of the steps along its bases; so each base is counted wherever a feature on it is. */
function lifted(features: Float64Array, bases: readonly (number | undefined)[]): Float64Array {
  const into = new Float64Array(features.length);
  for (let feature = 0; feature < features.length; feature++)
    for (const j of chain(feature, bases)) into[j]! += features[feature]!;
  return into;
}

function chain(feature: number, bases: readonly (number | undefined)[]): number[] {
  const found: number[] = [];
  for (let j: number | undefined = feature; j !== undefined; j = bases[j]) found.push(j);
  return found;
}

/** Least squares within bounds, by coordinate descent on the normal equations. */
function descend(matrix: Float64Array, target: Float64Array, most: readonly number[]): Float64Array<ArrayBuffer> {
  const size = target.length;
  const found = new Float64Array(size);
  const gradient = target.map((value) => -value);
  for (let pass = 0; pass < 3_000; pass++) {
    let largest = 0;
    for (let j = 0; j < size; j++) {
      const next = Math.min(most[j]!, Math.max(0, found[j]! - gradient[j]! / matrix[j * size + j]!));
      const step = next - found[j]!;
      if (step === 0) continue;
      found[j] = next;
      for (let k = 0; k < size; k++) gradient[k]! += matrix[j * size + k]! * step;
      largest = Math.max(largest, Math.abs(step));
    }
    if (largest < 1e-7) break;
  }
  return found;
}
