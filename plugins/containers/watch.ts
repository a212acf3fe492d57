const SOON_MS = 200;

/**
 * Looks from time to time, and soon after it is asked to; never twice at once. `mayCheck`: it is the regular look, which
 * may count who does not answer.
 */
export function keepWatch(
  work: (mayCheck: boolean) => Promise<void>,
  everyMs: number,
  signal: AbortSignal,
): () => void {
  let isAtWork = false;
  let isWanted = false;
  let soon: NodeJS.Timeout | undefined;
  const run = async (mayCheck: boolean): Promise<void> => {
    if (signal.aborted) return;
    if (isAtWork) {
      isWanted ||= !mayCheck;
      return;
    }
    isAtWork = true;
    await work(mayCheck);
    isAtWork = false;
    if (isWanted) ask();
  };
  const ask = (): void => {
    isWanted = false;
    if (signal.aborted) return;
    clearTimeout(soon);
    soon = setTimeout(() => void run(false), SOON_MS);
    soon.unref();
  };
  const regular = setInterval(() => void run(true), everyMs);
  regular.unref();
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(regular);
      clearTimeout(soon);
    },
    { once: true },
  );
  return ask;
}
