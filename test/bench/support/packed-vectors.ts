const MOST = 127;

/** For each vector one byte that is told of it (0 to 127), then its values as signed bytes, the largest 127. */
export function packed(vectors: readonly (readonly number[])[], told: readonly number[]): Buffer {
  const stride = 1 + (vectors[0]?.length ?? 0);
  const bytes = Buffer.alloc(vectors.length * stride);
  for (const [n, vector] of vectors.entries()) {
    const most = Math.max(...vector.map(Math.abs)) || 1;
    bytes.writeInt8(Math.min(MOST, told[n]!), n * stride);
    for (const [d, value] of vector.entries()) bytes.writeInt8(Math.round((value / most) * MOST), n * stride + 1 + d);
  }
  return bytes;
}
