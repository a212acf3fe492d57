import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fault } from '#kernel';
import { CALL_LOG, type KeyedCall, type KeyedOutcome } from '#plugins/call-log/api';
import { STORAGE, type Storage } from '#plugins/storage/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import callLog from '../../../plugins/call-log/index.ts';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts';
import { openPlugin } from '../open-plugin.ts';

const FIXTURES = path.resolve(import.meta.dirname, '../tool-client/plugins');
const LIMITS = { drainMs: 100 };
const never = new AbortController().signal;

const boot = (storage: object, options: object = {}, watch = false): Promise<BootedKernel> =>
  bootKernel({
    plugins: { storage, 'tool-registry': {}, 'tool-dispatch': {}, 'plane-fixtures': {}, 'call-log': options },
    dirs: [FIXTURES],
    limits: LIMITS,
    watch,
  });

let made = 0;
const newKey = (): string => `key-${++made}`;

/** A call of a tool of the fixtures, whose end the test decides. */
function call(kernel: BootedKernel, key: string, more: Partial<KeyedCall<string>> & { readonly name?: string } = {}) {
  const { name = 'fix/count', ...rest } = more;
  return kernel.get(CALL_LOG).once<string>({
    principal: 'somebody',
    key,
    asked: name,
    args: { id: key },
    signal: never,
    find: () => kernel.get(TOOL_REGISTRY).resolve(name),
    run: async () => 'ran',
    ...rest,
  });
}

/** A `run` that counts, and holds until it is let go. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const one = {
    runs: 0,
    release: resolve,
    fail: reject,
    run: () => {
      one.runs++;
      return promise;
    },
  };
  return one;
}

describe('once', () => {
  let kernel: BootedKernel;
  const dir = mkdtempSync(path.join(tmpdir(), 'call-log-'));
  beforeAll(async () => {
    kernel = await boot({ dir }, { maxOutcomeBytes: 65_536 });
  });
  afterAll(async () => {
    await kernel.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const rowOf = (key: string) =>
    kernel.get(STORAGE).get('SELECT done_at, outcome FROM call_log_calls WHERE call_key = ?', [key]);

  test('what begins is on disk before it runs, its outcome before it is told, and then it is replayed', async () => {
    const key = newKey();
    let before: unknown;
    const run = async () => {
      before = await rowOf(key);
      return 'first';
    };
    expect(await call(kernel, key, { run })).toEqual({ outcome: 'first', isReplayed: false });
    expect(before).toEqual({ done_at: null, outcome: null });
    expect(await rowOf(key)).toMatchObject({ done_at: expect.any(Number) });
    expect(await call(kernel, key)).toEqual({ outcome: 'first', isReplayed: true });
    expect(await call(kernel, key, { principal: 'another' })).toEqual({ outcome: 'ran', isReplayed: false });
  });

  test('any number of calls at once are one, and who gives up waiting leaves it alone', async () => {
    const key = newKey();
    const one = held();
    const calls = Array.from({ length: 20 }, () => call(kernel, key, { run: one.run }));
    const leaving = new AbortController();
    const left = call(kernel, key, { run: one.run, signal: leaving.signal });
    await expect.poll(() => one.runs).toBe(1);
    leaving.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    one.release('once');
    const outcomes = await Promise.all(calls);
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['once']));
    expect(outcomes.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
    expect(one.runs).toBe(1);
  });

  test.each([
    ['fix/count', 'CALL_UNCERTAIN'],
    ['fix/look', 'ran'],
  ])('where whoever began %s gave up, those that joined get %s', async (name, expected) => {
    const key = newKey();
    const ending = new AbortController();
    const one = held();
    ending.signal.addEventListener('abort', () => one.fail(ending.signal.reason));
    const first = call(kernel, key, { name, signal: ending.signal, run: one.run });
    await expect.poll(() => one.runs).toBe(1);
    const others = [call(kernel, key, { name }), call(kernel, key, { name })];
    ending.abort(new Error('not wanted'));
    await expect(first).rejects.toThrow('not wanted');
    for (const other of others)
      expect(await other.then(({ outcome }) => outcome).catch(({ code }) => code)).toBe(expected);
  });

  test('the same arguments in any order and spelling of the tool are the same call; others are refused', async () => {
    const text = fc.string({ maxLength: 5 });
    const value = fc.oneof(
      text,
      fc.integer(),
      fc.dictionary(text, text, { maxKeys: 3 }),
      fc.array(text, { maxLength: 3 }),
    );
    const more = fc.array(fc.tuple(text, value), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(more, text, async (entries, session) => {
        const key = newKey();
        const asked = { name: 'fix/say', tool: 'fix/say', session };
        const args = (list: readonly (readonly [string, unknown])[], says = 'x') => ({
          text: says,
          more: Object.fromEntries(list),
        });
        await call(kernel, key, { ...asked, args: args([...new Map(entries)]) });
        const turned = args([...new Map(entries)].reverse());
        expect(await call(kernel, key, { ...asked, asked: 'fix__say', args: turned })).toMatchObject({
          isReplayed: true,
        });
        for (const other of [
          { args: args(entries, 'y') },
          { args: turned, session: `${session}.` },
          { tool: 'fix/x', asked: 'x' },
        ])
          await expect(call(kernel, key, { ...asked, args: turned, ...other })).rejects.toMatchObject({
            code: 'KEY_REUSED',
          });
      }),
      { numRuns: 40 },
    );
  });

  test('what is refused before it begins leaves the key free', async () => {
    const key = newKey();
    await expect(call(kernel, key, { args: { id: 1 } })).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID' });
    await expect(call(kernel, key, { name: 'fix/cuont' })).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    const aborted = AbortSignal.abort(new Error('before'));
    await expect(call(kernel, key, { signal: aborted })).rejects.toThrow('before');
    expect(await call(kernel, key)).toEqual({ outcome: 'ran', isReplayed: false });
  });

  test('aborted between its row and its run, it was not begun: the key is free', async () => {
    const [key, ending] = [newKey(), new AbortController()];
    const storage = kernel.get(STORAGE);
    const registry = kernel.get(TOOL_REGISTRY);
    const aborting: Pick<Storage, 'get' | 'run' | 'migrate'> = {
      get: (...about) => storage.get(...about),
      migrate: (...about) => storage.migrate(...about),
      run: async (statement, values) => {
        const rows = await storage.run(statement, values);
        if (statement.startsWith('INSERT')) ending.abort(new Error('not wanted'));
        return rows;
      },
    };
    const { plugin, close } = await openPlugin(callLog, {}, { storage: aborting, registry });
    const one = held();
    const find = () => registry.resolve('fix/count');
    const asked = { principal: 'somebody', key, asked: 'fix/count', args: { id: key } };
    await expect(plugin.calls.once({ ...asked, signal: ending.signal, find, run: one.run })).rejects.toThrow(
      'not wanted',
    );
    expect(one.runs).toBe(0);
    expect(await call(kernel, key)).toEqual({ outcome: 'ran', isReplayed: false });
    await close();
  });

  test.each([
    ['fix/count', 'SERVER_TIMEOUT', 'timeout', false],
    ['fix/count', 'SERVER_FAILED', 'internal', false],
    ['fix/count', 'SERVER_UNAVAILABLE', 'unavailable', true],
    ['fix/count', 'POOL_FULL', 'unavailable', true],
    ['fix/look', 'SERVER_TIMEOUT', 'timeout', true],
    ['fix/look', 'SERVER_FAILED', 'internal', false],
  ] as const)('%s that failed with %s (%s) is free again: %s', async (name, code, kind, isFree) => {
    const key = newKey();
    const run = async (): Promise<string> => {
      throw fault(code, 'it failed', { kind, hint: 'wait', data: { server: 'fix' } });
    };
    await expect(call(kernel, key, { name, run })).rejects.toMatchObject({ code, data: { server: 'fix' } });
    const again = call(kernel, key, { name });
    if (isFree) expect(await again).toEqual({ outcome: 'ran', isReplayed: false });
    else
      await expect(again).rejects.toMatchObject({ code, kind, hint: 'wait', data: { server: 'fix', replayed: true } });
  });

  test('an error that is no fault leaves it uncertain', async () => {
    const key = newKey();
    await expect(call(kernel, key, { run: () => Promise.reject(new Error('a bug')) })).rejects.toThrow('a bug');
    await expect(call(kernel, key)).rejects.toMatchObject({ code: 'CALL_UNCERTAIN', data: { tool: 'fix/count' } });
  });

  test('an outcome that is too large is told once, and then that the call has ended', async () => {
    const key = newKey();
    const large = 'x'.repeat(70_000);
    expect(await call(kernel, key, { run: async () => large })).toMatchObject({ outcome: large });
    await expect(call(kernel, key)).rejects.toMatchObject({ code: 'CALL_NOT_KEPT', data: { tool: 'fix/count' } });
  });

  test('an outcome that cannot be kept is told all the same, and is uncertain afterwards', async () => {
    const key = newKey();
    const storage = kernel.get(STORAGE);
    const run = async () => {
      await storage.run('ALTER TABLE call_log_calls RENAME TO call_log_gone');
      return 'done';
    };
    expect(await call(kernel, key, { run })).toMatchObject({ outcome: 'done' });
    await storage.run('ALTER TABLE call_log_gone RENAME TO call_log_calls');
    expect(kernel.lines.some(({ plugin, level }) => plugin === 'call-log' && level === 'error')).toBe(true);
    await expect(call(kernel, key)).rejects.toMatchObject({ code: 'CALL_UNCERTAIN' });
  });
});

describe.each(['sqlite', 'postgres'])('on %s', (dialect) => {
  let postgres: Postgres | undefined;
  beforeAll(async () => {
    if (dialect === 'postgres' && findPostgres() !== undefined) postgres = await startPostgres();
  }, 40_000);
  afterAll(() => postgres?.stop());
  beforeEach(({ skip }) => skip(dialect === 'postgres' && postgres === undefined, 'no PostgreSQL here'));
  const place = async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'call-log-'));
    const remove = () => rmSync(dir, { recursive: true, force: true });
    return { storage: postgres === undefined ? { dir } : { url: await postgres.createDatabase() }, remove };
  };

  test('keys are known after a restart; old ones make room, and outcomes before keys', async () => {
    const { storage, remove } = await place();
    let kernel = await boot(storage);
    const keys = Array.from({ length: 6 }, newKey);
    for (const key of keys) {
      await call(kernel, key, { run: async () => 'x'.repeat(60_000) });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const old = newKey();
    await call(kernel, old);
    await kernel.get(STORAGE).run('UPDATE call_log_calls SET begun_at = 0, done_at = NULL WHERE call_key = ?', [old]);
    await kernel.stop();
    kernel = await boot(storage, { maxCalls: 4, maxBytes: 150_000 });
    const rows = await kernel.get(STORAGE).all<{ call_key: string }>('SELECT call_key FROM call_log_calls');
    expect(rows.map(({ call_key }) => call_key).sort()).toEqual(keys.slice(2).sort());
    const told = (key: string) =>
      call(kernel, key)
        .then(({ isReplayed }) => isReplayed)
        .catch(({ code }) => code);
    expect(await Promise.all(keys.slice(2).map(told))).toEqual(['CALL_NOT_KEPT', 'CALL_NOT_KEPT', true, true]);
    await kernel.stop();
    remove();
  });

  test('of two processes with the same key one begins, and to the other it is uncertain until it has ended', async () => {
    const { storage, remove } = await place();
    const kernels = [await boot(storage), await boot(storage)];
    const key = newKey();
    const ones = kernels.map(() => held());
    const calls = kernels.map((kernel, at) => call(kernel, key, { run: ones[at]!.run }));
    const settled = await Promise.race(calls.map((each, at) => each.catch(({ code }) => ({ at, code }))));
    expect(settled).toMatchObject({ code: 'CALL_UNCERTAIN' });
    for (const one of ones) one.release('done');
    await Promise.allSettled(calls);
    expect(ones.map(({ runs }) => runs).sort()).toEqual([0, 1]);
    for (const kernel of kernels) expect(await call(kernel, key)).toEqual({ outcome: 'done', isReplayed: true });
    for (const kernel of kernels) await kernel.stop();
    remove();
  });
});

test('a swap while calls run loses none: they are joined, and kept, whichever version they began in', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'call-log-'));
  const kernel = await boot({ dir }, {}, true);
  await kernel.watching();
  const plugin = () => kernel.status().plugins.find(({ id }) => id === 'call-log')!;
  const swap = async (): Promise<void> => {
    const { reloads } = plugin();
    const pipeline = JSON.parse(readFileSync(kernel.file, 'utf8')) as { plugins: Record<string, object> };
    pipeline.plugins['call-log'] = { maxCalls: 1_000 + reloads };
    writeFileSync(kernel.file, JSON.stringify(pipeline));
    await expect.poll(() => plugin().reloads, { timeout: 10_000 }).toBe(reloads + 1);
  };
  const keys = Array.from({ length: 5 }, newKey);
  const ones = keys.map(held);
  const calls: Promise<KeyedOutcome<string>>[] = [];
  const ask = (): void => void calls.push(...keys.map((key, at) => call(kernel, key, { run: ones[at]!.run })));
  ask();
  await expect.poll(() => ones.map(({ runs }) => runs)).toEqual([1, 1, 1, 1, 1]);
  for (let swaps = 0; swaps < 2; swaps++) {
    await swap();
    ask();
  }
  // The first version has given up waiting for its calls by then.
  await new Promise((resolve) => setTimeout(resolve, 2 * LIMITS.drainMs));
  for (const [at, one] of ones.entries()) one.release(`outcome ${at}`);
  const outcomes = await Promise.all(calls);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(calls.map((_, n) => `outcome ${n % 5}`));
  expect(ones.map(({ runs }) => runs)).toEqual([1, 1, 1, 1, 1]);
  await swap();
  for (const [at, key] of keys.entries())
    expect(await call(kernel, key)).toEqual({ outcome: `outcome ${at}`, isReplayed: true });
  expect(plugin()).toMatchObject({ state: 'running' });
  await kernel.stop();
  rmSync(dir, { recursive: true, force: true });
});
