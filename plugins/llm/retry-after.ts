const SECOND = 1_000;
const LONGEST_MS = 30_000;

interface Answered {
  get(name: string): string | null;
}

/** How long an API wants to be left alone, in milliseconds: `retry-after-ms`, `retry-after` in seconds or as a date. */
export function retryAfterOf(headers: Answered | undefined, now = Date.now()): number | undefined {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (exact >= 0) return exact;
  const given = headers?.get('retry-after')?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(given)) return Number(given) * SECOND;
  const date = Date.parse(given);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The pause before the next attempt; no sooner than the API says, but not longer than `mostMs`. */
export function pauseOf(
  attempt: number,
  { retryMs, maxRetryAfterMs }: { readonly retryMs: number; readonly maxRetryAfterMs: number },
  retryAfterMs: number | undefined,
): number {
  const growing = Math.min(LONGEST_MS, retryMs * 2 ** (attempt - 1));
  // Those who were refused together shall not come back together.
  const wanted =
    retryAfterMs === undefined ? growing * (0.75 + Math.random() / 2) : retryAfterMs * (1 + Math.random() / 10);
  return Math.min(maxRetryAfterMs, wanted);
}
