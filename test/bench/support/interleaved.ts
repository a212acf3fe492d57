/** The best time of one call of each, in ms; they take turns, so that a busy machine is busy for all. */
export function interleaved(
  all: readonly (() => unknown)[],
  { rounds, calls }: { readonly rounds: number; readonly calls: number },
): number[] {
  const best = all.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++)
    all.forEach((one, i) => {
      const before = performance.now();
      for (let call = 0; call < calls; call++) one();
      best[i] = Math.min(best[i]!, (performance.now() - before) / calls);
    });
  return best;
}
