import { describe, expect, test } from 'vitest';
import { Handle, Lease } from '../../kernel/handle.ts';

const handleTo = <T extends object>(target: T, callable = false): { handle: Handle; lease: Lease; service: T } => {
  const handle = new Handle('test.service', callable);
  const lease = new Lease();
  handle.point(target, lease);
  return { handle, lease, service: handle.proxy as T };
};

class Account {
  #sum = 0;
  get sum(): number {
    return this.#sum;
  }
  add(n: number): number {
    this.#sum += n;
    return this.#sum;
  }
  async later(n: number): Promise<number> {
    return this.add(n);
  }
  async fail(): Promise<never> {
    throw new Error('no');
  }
  async *count(to: number): AsyncGenerator<number, string> {
    for (let n = 1; n <= to; n++) yield n;
    return 'end';
  }
  async stream(to: number): Promise<AsyncIterable<number>> {
    return { [Symbol.asyncIterator]: () => this.count(to) };
  }
}

describe('a handle', () => {
  test('behaves like the service: methods, private fields, getters, instanceof, keys', async () => {
    const { service } = handleTo(new Account());
    expect(service.add(2)).toBe(2);
    expect(await service.later(3)).toBe(5);
    expect(service.sum).toBe(5);
    expect(service).toBeInstanceOf(Account);
    expect('add' in service).toBe(true);
    const { add } = service;
    expect(add).toBe(service.add);
    expect(add(1)).toBe(6);
    expect(await Promise.resolve(service)).toBe(service);
    expect(Object.keys(handleTo({ a: 1, b: 2 }).service)).toEqual(['a', 'b']);
    expect(handleTo((n: number) => n * 2, true).service(4)).toBe(8);
  });

  test('follows its target, also where a method became a value', () => {
    const { handle, service } = handleTo<{ it: unknown }>({ it: () => 'method' });
    expect((service.it as () => string)()).toBe('method');
    handle.point({ it: 'value' }, new Lease());
    expect(service.it).toBe('value');
  });

  test('without a target says so: at once, or by rejection where a promise is expected', async () => {
    const { handle, lease, service } = handleTo(new Account());
    const { later, add } = service;
    await later(1);
    handle.clear(lease);
    expect(() => add(1)).toThrow(/nothing provides "test.service"/);
    await expect(later(1)).rejects.toMatchObject({ code: 'SERVICE_GONE', kind: 'unavailable' });
    expect((await Promise.resolve(handle)).proxy).toBe(service);
  });

  test('paused, lets asynchronous calls wait for the next target', async () => {
    const { handle, service } = handleTo(new Account());
    const { promise, resolve } = Promise.withResolvers<void>();
    handle.pause(promise);
    const waiting = service.later(5);
    const next = new Account();
    next.add(100);
    handle.point(next, new Lease());
    handle.resume();
    resolve();
    expect(await waiting).toBe(105);
  });
});

describe('calls in flight', () => {
  test('are counted until they end, well or badly', async () => {
    const { lease, service } = handleTo(new Account());
    service.add(1);
    expect(lease.inFlight).toBe(0);
    const calls = [service.later(1), service.fail().catch(() => 0)];
    expect(lease.inFlight).toBe(2);
    const idle = lease.whenIdle();
    await Promise.all(calls);
    await idle;
    expect(lease.inFlight).toBe(0);
  });

  test('an async iterable is in flight until its last item, or until it is left', async () => {
    const { lease, service } = handleTo(new Account());
    const seen: number[] = [];
    for await (const n of service.count(3)) {
      expect(lease.inFlight).toBe(1);
      seen.push(n);
    }
    expect([seen, lease.inFlight]).toEqual([[1, 2, 3], 0]);
    for await (const n of service.count(3)) if (n === 2) break;
    expect(lease.inFlight).toBe(0);
    for await (const _ of await service.stream(2)) expect(lease.inFlight).toBe(1);
    expect(lease.inFlight).toBe(0);
  });

  test('a rejection that nobody handles stays unhandled', async () => {
    const { service } = handleTo(new Account());
    const seen: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const note = (error: unknown): void => void seen.push(error);
    process.on('unhandledRejection', note);
    void service.fail();
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', note);
    for (const listener of listeners) process.on('unhandledRejection', listener);
    expect(seen).toHaveLength(1);
  });
});
