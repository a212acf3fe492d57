import { fault } from '#kernel';

/** Work that several callers wait for. It ends when it is done, or when the last of them has given up. */
export class Flight<R> {
  /** Something was looked at: what was invalidated since is not in the result. Who comes now may have to ask again. */
  hasLooked = false;
  /** The key was set or deleted meanwhile: the result is given, not kept. */
  isOvertaken = false;
  readonly #ending = new AbortController();
  readonly #result: Promise<R>;
  readonly #abandoned: () => void;
  #waiting = 0;

  constructor(work: (flight: Flight<R>) => Promise<R>, abandoned: (flight: Flight<R>) => void) {
    this.#abandoned = () => abandoned(this);
    this.#result = work(this);
    // Who has given up does not hear of it.
    this.#result.catch(() => {});
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  async join(signal: AbortSignal | undefined): Promise<R> {
    this.#waiting += 1;
    const until = new AbortController();
    try {
      return await Promise.race([this.#result, rejected(this.#ending.signal, until), rejected(signal, until)]);
    } finally {
      until.abort();
      this.#waiting -= 1;
      if (this.#waiting === 0) {
        this.#abandoned();
        this.#ending.abort(signal?.reason);
      }
    }
  }

  end(why: unknown): void {
    this.#ending.abort(why);
  }
}

/** Rejects with the reason of `signal`; forgets about it with `until`. */
function rejected(signal: AbortSignal | undefined, until: AbortController): Promise<never> {
  return new Promise((_, reject) => {
    if (signal === undefined) return;
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { signal: until.signal });
  });
}

/** A computation with a limit: it hears of its end by its signal, and who waits does not depend on whether it listens. */
export async function limited<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<T> {
  const ending = new AbortController();
  const late = fault('CACHE_COMPUTE_TIMEOUT', `the answer was not there within ${timeoutMs} ms`, {
    kind: 'timeout',
    hint: 'try again; cache.computeTimeoutMs says how long a computation may take',
  });
  const timer = setTimeout(() => ending.abort(late), timeoutMs);
  const until = new AbortController();
  signal.addEventListener('abort', () => ending.abort(signal.reason), { signal: until.signal });
  if (signal.aborted) ending.abort(signal.reason);
  try {
    return await Promise.race([work(ending.signal), rejected(ending.signal, until)]);
  } finally {
    clearTimeout(timer);
    until.abort();
  }
}
