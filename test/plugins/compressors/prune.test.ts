import { expect, test } from 'vitest';
import type { Message } from '#plugins/context/api';
import { calls, counter, idsOf, jobFor, lines, openCompressors, outputsOf, user } from './open-compressors.ts';

const TASK = user('task', '找出导入失败的原因', 'task');
const { strategies } = await openCompressors({
  prune: { protectTokens: 5000, protectShare: 0.9, minimumTokens: 2000, minimumShare: 0.9 },
});
const old = (): Message[] =>
  Array.from({ length: 10 }, (_, n) => calls(`old${n}`, { output: lines(`日志 ${n}`, 100) }));
const masked = (history: readonly Message[]): string[] =>
  history.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool' && part.pruned ? [part.call] : [])));

test('old outputs are masked by a stub that says what they were and how to have them back', async () => {
  const history = [TASK, ...old(), calls('new', { output: lines('new', 300) })];
  const job = jobFor(3000);
  const after = await strategies.prune.compress(history, job);
  expect(idsOf(after)).toEqual(idsOf(history));
  const part = after[1]!.parts[0]!;
  const whole = lines('日志 0', 100);
  if (part.type !== 'tool' || part.pruned === undefined) throw new Error('not masked');
  expect(job.kept.get(part.pruned.id)).toBe(whole);
  expect(part).toMatchObject({
    call: 'old0-0',
    name: 'shell',
    args: '{}',
    state: 'done',
    pruned: { bytes: Buffer.byteLength(whole) },
  });
  for (const said of [
    `${Buffer.byteLength(whole)} bytes`,
    '100 lines',
    `sha256 ${part.pruned.id}`,
    `Call read_pruned with id "${part.pruned.id}"`,
    '日志 0 line 0: the value is read',
    '日志 0 line 99: the value is read',
  ])
    expect(part.output).toContain(said);
  expect(counter.text(part.output!)).toBeLessThan(150);
  // The newest 5,000 tokens are whole.
  expect(outputsOf(after).at(-1)).toBe(lines('new', 300));
  const whole5000 = outputsOf(after).filter((output) => !output?.startsWith('[Output masked'));
  expect(whole5000.reduce((sum, output) => sum + counter.text(output!), 0)).toBeLessThanOrEqual(5000);
});

test('errors, protected tools, small outputs and the newest outputs of the last two turns are never masked', async () => {
  const history = [
    TASK,
    calls('skill', { name: 'load_skill', output: lines('skill', 200) }),
    calls('error', { state: 'error', output: lines('error', 200) }),
    ...old(),
    calls('turn0', { output: lines('turn0', 300) }),
    user('again', 'and now?'),
    calls('turn1-early', { output: lines('early', 300) }),
    calls('turn1', { output: lines('one', 300) }, { output: 'fine' }, { output: lines('two', 300) }),
    user('more', '继续'),
    user('nudge', 'Go on.', 'notice'),
    calls('turn2', { output: lines('three', 900) }),
    { id: 'says', role: 'assistant', parts: [{ type: 'text', text: 'done' }], at: 0 } satisfies Message,
  ];
  const after = await strategies.prune.compress(history, jobFor(1000));
  expect(masked(after)).toEqual([...old().map(({ id }) => `${id}-0`), 'turn0-0', 'turn1-early-0']);
});

test('it waits until enough can be won: few large edits cost a cache less than many small ones', async () => {
  const history: Message[] = [TASK];
  const edits: number[] = [];
  let now: readonly Message[] = history;
  for (let n = 0; n < 120; n++) {
    now = [...now, calls(`c${n}`, { output: lines(`c${n}`, 60) })];
    const after = await strategies.prune.compress(now, jobFor(3000));
    if (after !== now) edits.push(counter.messages(now) - counter.messages(after));
    now = after;
  }
  expect(edits.length).toBeGreaterThan(5);
  expect(edits.length).toBeLessThan(40);
  for (const won of edits) expect(won).toBeGreaterThan(1800);
});

test('within the target, and where nothing is to be masked, the history stays the same object', async () => {
  const history = [TASK, ...old()];
  expect(await strategies.prune.compress(history, jobFor(1_000_000))).toBe(history);
  const once = await strategies.prune.compress(history, jobFor(100));
  expect(once).not.toBe(history);
  expect(await strategies.prune.compress(once, jobFor(100))).toBe(once);
});

test('by default the newest 40,000 tokens of outputs stay, and 20,000 must be won; in a small window its share', async () => {
  const { strategies: plain, close } = await openCompressors();
  const tokensOf = async (outputs: number): Promise<number> => {
    const history = [
      TASK,
      ...Array.from({ length: outputs }, (_, n) => calls(`c${n}`, { output: lines(`c${n}`, 100) })),
    ];
    const after = await plain.prune.compress(history, jobFor(10));
    return outputsOf(after)
      .filter((output) => !output!.startsWith('[Output masked'))
      .reduce((sum, output) => sum + counter.text(output!), 0);
  };
  expect(await tokensOf(300)).toBeGreaterThan(38_000);
  expect(await tokensOf(300)).toBeLessThanOrEqual(40_000);
  const small = await tokensOf(10);
  expect(small).toBeGreaterThan(0.15 * 10_000);
  expect(small).toBeLessThanOrEqual(0.3 * 11_500);
  await close();
});
