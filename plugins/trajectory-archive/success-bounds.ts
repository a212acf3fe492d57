/** Two-sided 95 %. */
const Z = 1.959964;

/** Uses, and how many of them succeeded. */
export interface Counted {
  readonly uses: number;
  readonly successes: number;
}

/** Ends of the Wilson score interval (E. B. Wilson, 1927): what the share of successes is at least, and at most. 0 and 1 without uses. */
export const atLeast = (counted: Counted): number => bound(counted, -1);
export const atMost = (counted: Counted): number => bound(counted, 1);

function bound({ uses, successes }: Counted, side: 1 | -1): number {
  if (uses <= 0) return side === 1 ? 1 : 0;
  const share = Math.min(1, Math.max(0, successes / uses));
  const spread = Z * Math.sqrt((share * (1 - share)) / uses + (Z * Z) / (4 * uses * uses));
  const end = (share + (Z * Z) / (2 * uses) + side * spread) / (1 + (Z * Z) / uses);
  // Rounding must not put the share outside of its own bounds.
  return side === 1 ? Math.min(1, Math.max(share, end)) : Math.max(0, Math.min(share, end));
}
