import { fault } from './errors.ts';

/** Counts the calls into one generation of a plugin that have not ended, so that it can drain before it stops. */
export class Lease {
  inFlight = 0;
  #idle: (() => void) | undefined;

  /** The ends of a counted promise: made once, for there are many. */
  readonly fulfilled = (value: unknown): unknown => {
    const open = typeof value === 'object' && value !== null && isOpenEnded(value);
    const tracked = open ? trackIterable(this, value) : value;
    this.end();
    return tracked;
  };
  readonly rejected = (error: unknown): never => {
    this.end();
    throw error;
  };

  end(): void {
    if (--this.inFlight === 0) this.#idle?.();
  }
  whenIdle(): Promise<void> {
    return this.inFlight === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve));
  }
}

type Service = Record<PropertyKey, unknown>;
type Forward = (...args: unknown[]) => unknown;

/**
 * What consumers hold of a service: a stand-in that forwards to the generation that serves now, so that a swap needs
 * no restart of anybody. Calls that return a promise or an async iterable count as in flight until they end.
 */
export class Handle {
  readonly proxy: object;
  readonly #service: string;
  readonly #forwards = new Map<PropertyKey, Forward>();
  #target: Service | undefined;
  #lease: Lease | undefined;
  #gate: Promise<void> | undefined;

  constructor(service: string, callable: boolean) {
    this.#service = service;
    const live = (): Service => this.#target ?? this.#gone();
    const base = callable ? () => {} : {};
    this.proxy = new Proxy(base, {
      get: (_, property) => this.#forwards.get(property) ?? this.#read(property),
      apply: (_, __, args) => this.#call('', args),
      has: (_, property) => property in live(),
      set: (_, property, value) => Reflect.set(live(), property, value),
      getPrototypeOf: () => Object.getPrototypeOf(live()),
      ownKeys: () => Reflect.ownKeys(live()),
      getOwnPropertyDescriptor: (_, property) => {
        const found = Reflect.getOwnPropertyDescriptor(live(), property);
        return found && { ...found, configurable: true };
      },
    });
  }

  /** From now on calls go to `target`; one synchronous step, so no call falls between two generations. */
  point(target: object, lease: Lease): void {
    this.#target = target as Service;
    this.#lease = lease;
    for (const property of this.#forwards.keys())
      if (property !== '' && typeof this.#target[property] !== 'function') this.#forwards.delete(property);
  }

  get serves(): boolean {
    return this.#target !== undefined;
  }

  /** Nothing serves any more: calls fail with `SERVICE_GONE`. */
  clear(lease: Lease): void {
    if (this.#lease === lease) this.#target = undefined;
  }

  /** Calls of methods that are known to be asynchronous wait at the gate; the others still go to the old generation. */
  pause(gate: Promise<void>): void {
    this.#gate = gate;
  }
  resume(): void {
    this.#gate = undefined;
  }

  #gone(): never {
    throw gone(this.#service);
  }

  #read(property: PropertyKey): unknown {
    // An awaited handle is asked for `then`, also when nothing serves.
    if (this.#target === undefined) return property === 'then' ? undefined : this.#gone();
    const value = this.#target[property];
    return typeof value === 'function' ? this.#forward(property, value) : value;
  }

  #call(property: '', args: unknown[]): unknown {
    const known = this.#forwards.get(property) ?? this.#forward(property, this.#target);
    return known(...args);
  }

  /** Made once for each method: no closure per call, and `handle.method === handle.method`. */
  #forward(property: PropertyKey, method: unknown): Forward {
    let asynchronous = Object.prototype.toString.call(method) === '[object AsyncFunction]';
    const forward: Forward = (...args) => {
      if (this.#gate !== undefined && asynchronous) return this.#gate.then(() => forward(...args));
      if (this.#target === undefined && asynchronous) return Promise.reject(gone(this.#service));
      const target = this.#target ?? this.#gone();
      const result =
        property === '' ? (target as unknown as Forward)(...args) : (target[property] as Forward).apply(target, args);
      if (typeof result !== 'object' || result === null) return result;
      if (result instanceof Promise) {
        asynchronous = true;
        return trackPromise(this.#lease!, result);
      }
      return isOpenEnded(result) ? trackIterable(this.#lease!, result) : result;
    };
    this.#forwards.set(property, forward);
    return forward;
  }
}

const gone = (service: string): Error =>
  fault('SERVICE_GONE', `nothing provides "${service}" now`, { kind: 'unavailable' });

function trackPromise(lease: Lease, promise: Promise<unknown>): Promise<unknown> {
  lease.inFlight++;
  return promise.then(lease.fulfilled, lease.rejected);
}

type Open = AsyncIterable<unknown> & Partial<AsyncIterator<unknown>> & { pipe?: unknown; getReader?: unknown };

/** Streams of Node and of the web are iterable too, but are often read in other ways, or not at all. */
const isOpenEnded = (value: object): value is Open => {
  const open = value as Open;
  return open[Symbol.asyncIterator] !== undefined && open.pipe === undefined && open.getReader === undefined;
};

/** In flight from the call until its last item, `return`, `throw` or failure. */
function trackIterable(lease: Lease, open: Open): Open {
  if (!Object.isExtensible(open)) return open;
  lease.inFlight++;
  let ended = false;
  const end = (): void => {
    if (!ended) lease.end();
    ended = true;
  };
  const own = (of: object, key: PropertyKey, value: unknown): void => {
    Object.defineProperty(of, key, { value, configurable: true, writable: true, enumerable: false });
  };
  const watch = (iterator: Partial<AsyncIterator<unknown>>): void => {
    for (const step of ['next', 'return', 'throw'] as const) {
      const original = iterator[step] as ((...args: unknown[]) => Promise<IteratorResult<unknown>>) | undefined;
      if (original === undefined) continue;
      own(iterator, step, async (...args: unknown[]) => {
        try {
          const result = await original.apply(iterator, args);
          if (result.done || step !== 'next') end();
          return result;
        } catch (error) {
          end();
          throw error;
        }
      });
    }
  };
  if (typeof open.next === 'function') watch(open);
  else {
    const start = open[Symbol.asyncIterator].bind(open);
    own(open, Symbol.asyncIterator, () => {
      const iterator = start();
      watch(iterator);
      return iterator;
    });
  }
  return open;
}
