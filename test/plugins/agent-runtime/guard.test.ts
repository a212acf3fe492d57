import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuard, type GuardVerdict } from '#plugins/agent-runtime/api';
import { type GuardEvent, type GuardKind, lines, times } from './guard-events.ts';
import { LOOPS } from './guard-loops.ts';
import { WORK } from './guard-work.ts';

const play = (events: readonly GuardEvent[], off: readonly GuardKind[] = []) => {
  const guard = createGuard({ off });
  return events.map((event) => event(guard) ?? ({ verdict: 'ok', evidence: [] } satisfies GuardVerdict));
};
const firstOf = (verdicts: readonly GuardVerdict[], verdict: GuardVerdict['verdict']) =>
  verdicts.findIndex((each) => each.verdict === verdict) + 1;

describe('loops', () => {
  it.each(LOOPS)('$name', ({ events, kind, nudge, stop }) => {
    const verdicts = play(events);
    const first = verdicts.find(({ verdict }) => verdict !== 'ok');
    expect(first?.kind).toBe(kind);
    const ended = verdicts.find(({ verdict }) => verdict === 'stop');
    expect(ended?.kind).toBe(kind);
    expect(ended?.message).toMatch(/\S/);
    if (nudge !== undefined) expect(firstOf(verdicts, 'nudge')).toBe(nudge);
    else expect(verdicts.filter(({ verdict }) => verdict === 'nudge').length).toBeLessThanOrEqual(1);
    if (stop !== undefined) expect(firstOf(verdicts, 'stop')).toBe(stop);
    for (const { evidence } of verdicts) expect([...evidence]).toEqual([...evidence].sort((a, b) => a - b));
    // Its detector is what found it, and can be turned off.
    expect(play(events, [kind!]).filter((each) => each.kind === kind)).toEqual([]);
  });
});

describe('no loops', () => {
  it.each(WORK)('$name', ({ events }) => {
    expect(play(events).filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  });
});

it('at least forty cases are labelled, of both kinds', () => {
  expect(LOOPS.length).toBeGreaterThanOrEqual(29);
  expect(WORK.length).toBeGreaterThanOrEqual(22);
  expect(new Set([...LOOPS, ...WORK].map(({ name }) => name)).size).toBe(LOOPS.length + WORK.length);
});

it('tells the model what it did, once a streak, with the numbers of the calls', () => {
  const guard = createGuard();
  guard.call({ name: 'b', args: {}, result: 'other' });
  const read = () => guard.call({ name: 'files/read', args: { path: 'a' }, result: 'hello' });
  expect([read(), read(), read(), read()].map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'nudge', 'ok']);
  guard.call({ name: 'b', args: {}, result: 'other' });
  const again = [read(), read(), read()].at(-1)!;
  expect(again).toMatchObject({ verdict: 'nudge', kind: 'same_call', evidence: [6, 7, 8] });
  expect(again.message).toMatch(/files\/read with the same arguments 3 times, same result: hello/);
});

it('a call that was warned of is answered without being made, and counts on, however it is answered', () => {
  const guard = createGuard();
  const args = { path: 'a', id: '550e8400-e29b-41d4-a716-446655440000' };
  expect(guard.before('read', args).verdict).toBe('ok');
  for (let n = 0; n < 3; n++) guard.call({ name: 'read', args, result: 'hello' });
  expect(guard.before('read', { path: 'b' }).verdict).toBe('ok');
  expect(guard.before('read', args)).toMatchObject({ verdict: 'stop', kind: 'same_call', evidence: [0, 1, 2] });
  // Others of the same answer are asked about before this one is told.
  expect(guard.before('other', {}).verdict).toBe('ok');
  const refused = { name: 'read', args, result: '', error: { code: 'LOOP', message: 'not called' } };
  expect(guard.call(refused).verdict).toBe('ok');
  expect(guard.before('read', args).verdict).toBe('stop');
  expect(guard.call(refused)).toMatchObject({ verdict: 'stop', kind: 'same_call' });

  const failing = createGuard();
  for (let n = 0; n < 5; n++) failing.call({ name: 'open', args: { n }, result: '', error: `no such door "${n}"` });
  expect(failing.before('open', { n: 2 })).toMatchObject({ verdict: 'stop', kind: 'same_error' });
  expect(failing.before('open', { n: 9 }).verdict).toBe('ok');
  failing.call({ name: 'open', args: { n: 9 }, result: 'open' });
  expect(failing.before('open', { n: 2 }).verdict).toBe('ok');
});

it('a real message of a person begins anew, and other calls lift a warning', () => {
  const guard = createGuard();
  const read = () => guard.call({ name: 'read', args: {}, result: 'hello' }).verdict;
  expect([read(), read(), read()]).toEqual(['ok', 'ok', 'nudge']);
  guard.userTurn();
  expect(guard.before('read', {}).verdict).toBe('ok');
  expect([read(), read(), read(), read(), read()]).toEqual(['ok', 'ok', 'nudge', 'ok', 'stop']);
});

it('takes other limits', () => {
  const guard = createGuard({ sameCall: { nudge: 2, stop: 3, poll: 4, infrastructure: 2 } });
  const verdicts = times(3, () => (it) => it.call({ name: 'a', args: {}, result: 'x' })).map(
    (each) => each(guard)?.verdict,
  );
  expect(verdicts).toEqual(['ok', 'nudge', 'stop']);
});

it('whatever it is told, it neither throws nor answers differently the second time', () => {
  const call = fc.record({
    name: fc.constantFrom('a', 'b/c', ''),
    args: fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true, withSparseArray: true }),
    result: fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true }),
  });
  const step = fc.oneof(
    call.map(
      (each): GuardEvent =>
        (guard) => {
          guard.before(each.name, each.args);
          return guard.call(each);
        },
    ),
    fc.string().map(
      (text): GuardEvent =>
        (guard) =>
          guard.message(text),
    ),
    fc.string({ maxLength: 200 }).map(
      (text): GuardEvent =>
        (guard) =>
          guard.stream(text),
    ),
    fc.tuple(fc.nat(), fc.nat()).map(
      ([a, b]): GuardEvent =>
        (guard) =>
          guard.compaction(a, b),
    ),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (events) => {
      expect(play(events)).toEqual(play(events));
    }),
    { numRuns: 200 },
  );
});

it('what refers to itself, is deep or is large costs no more than what is not', () => {
  const around: Record<string, unknown> = { a: 1 };
  around.self = around;
  let deep: unknown = 'x';
  for (let n = 0; n < 50_000; n++) deep = [deep];
  const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n]));
  const guard = createGuard();
  for (const result of [around, deep, wide, new Uint8Array(5e6), Array.from({ length: 1e6 }, () => 'x')])
    for (let n = 0; n < 5; n++) guard.call({ name: 'a', args: result, result });
  const text = `${lines(3, 400_000)}`;
  const verdicts = times(5, (n) => (it) => it.call({ name: 'b', args: {}, result: n < 4 ? text : `${text}!` })).map(
    (each) => each(guard)?.verdict,
  );
  expect(verdicts).toEqual(['ok', 'ok', 'nudge', 'ok', 'ok']);
});

it('a call with ten megabytes costs about what one with 128 KiB does', () => {
  const cost = (text: string) => {
    const guard = createGuard();
    let least = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 60; n++) {
      const begun = performance.now();
      guard.call({ name: 'a', args: { n }, result: [text, n] });
      least = Math.min(least, performance.now() - begun);
    }
    return least;
  };
  const text = lines(5, 600_000);
  expect(text.length).toBeGreaterThan(8e6);
  const small = text.slice(0, 131_072);
  cost(small);
  // Side by side, with room for a machine that does other things too.
  expect(cost(text) / cost(small)).toBeLessThan(8);
});
