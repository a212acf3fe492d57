/** A provider that counts four times as much, or a quarter, counts something else than this text. */
const MIN_RATIO = 0.25;
const MAX_RATIO = 4;

/**
 * Estimates the next request from what the provider counted for the last: its usage, plus what is new since then, times
 * how far the estimate was off. So even a wrong tokenizer is wrong about the new part only.
 */
export class UsageAnchor {
  #estimated = 0;
  #used = 0;
  #ratio = 1;

  /** `estimated`: the raw estimate of the request that the provider counted as `used`. */
  observed(estimated: number, used: number): void {
    if (!isCount(estimated) || !isCount(used)) return;
    this.#ratio = Math.min(MAX_RATIO, Math.max(MIN_RATIO, used / estimated));
    this.#estimated = estimated;
    this.#used = used;
  }

  /** What the provider will count for a request of this raw estimate; the estimate itself before anything was observed. */
  next(estimated: number): number {
    return Math.max(0, Math.round(this.#used + (estimated - this.#estimated) * this.#ratio));
  }
}

const isCount = (tokens: number): boolean => Number.isFinite(tokens) && tokens >= 1;
