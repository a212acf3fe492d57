import { fault } from '#kernel';

/** Ends with the work, the caller's signal or the time, whichever comes first; also where the work heeds no signal. */
export async function inTime<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const end = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    limit.abort(fault('STRATEGY_TIMEOUT', `no end after ${ms / 1000} s`, { kind: 'timeout' }));
  }, ms);
  const both = AbortSignal.any([signal, limit.signal]);
  const ended = (): void => end.reject(both.reason);
  both.addEventListener('abort', ended, { once: true });
  try {
    both.throwIfAborted();
    return await Promise.race([work(both), end.promise]);
  } finally {
    clearTimeout(timer);
    both.removeEventListener('abort', ended);
  }
}
