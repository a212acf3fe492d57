import { Fault } from '../faults.ts';

/** A page can keep any call waiting for ever: what is asked of it ends with the time limit, or when the caller goes away. */
export async function bounded<T>(work: Promise<T>, seconds: number, signal?: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let cancel: (() => void) | undefined;
  const end = new Promise<never>((_resolve, reject) => {
    const tooLong = () =>
      reject(
        new Fault('TIMED_OUT', `the page did not answer within ${seconds} s`, 'browser_close ends a page that hangs'),
      );
    timer = setTimeout(tooLong, seconds * 1000);
    cancel = () => reject(new Fault('CANCELLED', 'the call was cancelled'));
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
    if (cancel) signal?.removeEventListener('abort', cancel);
  }
}
