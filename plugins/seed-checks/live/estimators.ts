/**
 * Unbiased estimates from `trials` independent trials of which `passes` passed: pass@k, that at least one of k passes, and pass^k,
 * that all of k pass. Chen et al. 2021 (arXiv 2107.03374) for the first, Yao et al. 2024 (arXiv 2406.12045) for the second.
 */
export const passAt = (k: number, trials: number, passes: number): number => 1 - shareOf(k, trials, trials - passes);

export const passHat = (k: number, trials: number, passes: number): number => shareOf(k, trials, passes);

/** Of all choices of k trials, the share that takes only from `some` of them. */
function shareOf(k: number, trials: number, some: number): number {
  let share = 1;
  for (let taken = 0; taken < k; taken++) share *= Math.max(0, some - taken) / (trials - taken);
  return share;
}
