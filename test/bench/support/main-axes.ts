const SWEEPS = 12;

/** Directions in which vectors around 0 differ most, most first (principal components, by Jacobi's rotations). */
export function mainAxes(vectors: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const size = vectors[0]!.length;
  const spread = Array.from({ length: size }, () => new Float64Array(size));
  for (const vector of vectors)
    for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) spread[a]![b]! += vector[a]! * vector[b]!;
  const axes = Array.from({ length: size }, (_, n) => Float64Array.from({ length: size }, (_, d) => (d === n ? 1 : 0)));
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let a = 0; a < size; a++) for (let b = a + 1; b < size; b++) rotate(spread, axes, a, b);
  return axes
    .map((axis, n) => ({ axis, tells: spread[n]![n]! }))
    .sort((one, other) => other.tells - one.tells)
    .map(({ axis }) => {
      // Either direction of an axis is right: always the same, so that files stay the same.
      const largest = axis.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
      return [...axis].map((value) => value * Math.sign(largest));
    });
}

/** Turns two axes so that what lies between them becomes 0. */
function rotate(spread: readonly Float64Array[], axes: readonly Float64Array[], a: number, b: number): void {
  const between = spread[a]![b]!;
  if (between === 0) return;
  const half = (spread[b]![b]! - spread[a]![a]!) / (2 * between);
  const tangent = (half >= 0 ? 1 : -1) / (Math.abs(half) + Math.hypot(half, 1));
  const cos = 1 / Math.hypot(tangent, 1);
  const sin = tangent * cos;
  for (const row of spread) {
    const one = row[a]!;
    row[a] = cos * one - sin * row[b]!;
    row[b] = sin * one + cos * row[b]!;
  }
  for (const rows of [spread, axes]) {
    for (let d = 0; d < rows.length; d++) {
      const one = rows[a]![d]!;
      rows[a]![d] = cos * one - sin * rows[b]![d]!;
      rows[b]![d] = sin * one + cos * rows[b]![d]!;
    }
  }
}
