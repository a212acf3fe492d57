import { expect, test } from 'vitest';
import type { Message } from '#plugins/context/api';
import { calls, counter, idsOf, jobFor, lines, openCompressors, outputsOf, textsOf, user } from './open-compressors.ts';

const TASK = user('task', '找出导入失败的原因', 'task');
const { strategies } = await openCompressors();
const { truncate } = strategies;

test('the oldest go, whole messages; the task, the newest words of a person, system messages and a summary stay', async () => {
  const rules: Message = { id: 'rules', role: 'system', parts: [{ type: 'text', text: 'Be careful.' }], at: 0 };
  const history = [
    rules,
    TASK,
    user('summary', 'what was before', 'summary'),
    ...Array.from({ length: 5 }, (_, n) => calls(`a${n}`, { output: lines('a', 50) })),
    user('old words', 'ok'),
    calls('b', { output: lines('b', 50) }),
    user('asked', '然后呢'),
    ...Array.from({ length: 9 }, (_, n) => calls(`c${n}`, { output: lines(`c${n}`, 50) }, { output: 'fine' })),
  ];
  const after = await truncate.compress(history, jobFor(2000));
  const ids = idsOf(after);
  expect(ids.slice(0, 5)).toEqual(['rules', 'task', 'truncated', 'summary', 'asked']);
  // Of the rest the newest, in an unbroken row.
  expect(ids.slice(5)).toEqual(idsOf(history).slice(-(ids.length - 5)));
  expect(ids.length).toBeGreaterThan(5);
  expect(after.find(({ id }) => id === 'truncated')).toMatchObject({ role: 'user', kind: 'notice' });
  expect(counter.messages(after)).toBeLessThanOrEqual(2000);
  expect(counter.messages(after)).toBeGreaterThan(1000);
  // The next time the mark is there already, in its place.
  const more = [...after, calls('d', { output: lines('d', 400) })];
  const again = await truncate.compress(more, jobFor(2000));
  expect(idsOf(again)).toEqual(['rules', 'task', 'truncated', 'summary', 'asked', 'd']);
});

test('a newest result that is too large is clipped to head and tail, with a pointer to the whole', async () => {
  const huge = `first ${'中文'.repeat(20_000)}🚀 last`;
  const small = lines('small', 5);
  const history = [TASK, calls('old', { output: lines('old', 99) }), calls('new', { output: small }, { output: huge })];
  const job = jobFor(1500);
  const after = await truncate.compress(history, job);
  expect(idsOf(after)).toEqual(['task', 'truncated', 'new']);
  const [first, clipped] = outputsOf(after);
  expect(first).toBe(small);
  expect(clipped).toMatch(/^first 中文.*last$/s);
  expect(clipped!.isWellFormed()).toBe(true);
  const id = /read_pruned with id "([0-9a-f]{16})"/.exec(clipped!)![1]!;
  expect(job.kept.get(id)).toBe(huge);
  expect(after.at(-1)!.parts[1]).toMatchObject({ pruned: { id, bytes: Buffer.byteLength(huge) } });
  expect(counter.messages(after)).toBeLessThanOrEqual(1500);
  expect(counter.messages(after)).toBeGreaterThan(1200);

  // Clipped once more, the pointer still leads to the whole.
  const smaller = await truncate.compress(after, jobFor(600));
  expect(smaller.at(-1)!.parts[1]).toMatchObject({ pruned: { id }, output: expect.stringContaining(id) });
  expect(counter.messages(smaller)).toBeLessThanOrEqual(600);
});

test('the last message stays while its calls run, and outputs of protected tools stay whole', async () => {
  const pending: Message = {
    id: 'last',
    role: 'assistant',
    parts: [
      { type: 'tool', call: 'p', name: 'shell', args: '{}', state: 'pending' },
      { type: 'tool', call: 's', name: 'load_skill', args: '{}', state: 'done', output: lines('skill', 300) },
      { type: 'tool', call: 'q', name: 'shell', args: '{}', state: 'done', output: lines('q', 300) },
    ],
    at: 0,
  };
  const after = await truncate.compress([TASK, calls('old', { output: 'x' }), pending], jobFor(500));
  expect(idsOf(after)).toEqual(['task', 'truncated', 'last']);
  expect(after.at(-1)!.parts.slice(0, 2)).toEqual(pending.parts.slice(0, 2));
  expect(outputsOf(after)[2]).toContain('read_pruned');
});

test('within the target it stays the same object, and none always does', async () => {
  const history = [TASK, calls('a', { output: lines('a', 50) })];
  expect(await truncate.compress(history, jobFor(5000))).toBe(history);
  expect(await strategies.none.compress(history, jobFor(0))).toBe(history);
  expect(textsOf(history[0])).toBe('找出导入失败的原因');
});
