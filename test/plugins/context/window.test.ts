import { afterEach, expect, test, vi } from 'vitest';
import { type CompressionJob, type Compressor, type Message, TokenCounter } from '#plugins/context/api';
import context from '../../../plugins/context/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { TASK } from './agent-run.ts';

const fixed = { system: 'Be careful.', tools: '[]' };
const counter = new TokenCounter();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A context whose strategies are functions, in the order in which they are asked. */
async function open(strategies: Readonly<Record<string, Compressor['compress']>>, options: object = {}) {
  const compressors = new Map(Object.entries(strategies).map(([name, compress]) => [name, { compress }]));
  const config = { compress: [...compressors.keys()], windowTokens: 10_000, answerTokens: 0, ...options };
  const { plugin, lines, close } = await openPlugin(context, config, { compressors });
  closing.push(close);
  return { open: plugin.context.open, lines };
}
const said = (id: string, tokens: number, role: Message['role'] = 'assistant'): Message => ({
  id,
  role,
  parts: [{ type: 'text', text: 'word '.repeat(tokens).trim() }],
  at: 1,
});
const full = (): Message[] => [TASK, ...Array.from({ length: 8 }, (_, n) => said(`m${n}`, 1000))];
const without =
  (...ids: string[]) =>
  async (history: readonly Message[]) =>
    history.filter(({ id }) => !ids.includes(id));
const untouched = async (history: readonly Message[]): Promise<readonly Message[]> => history;

test('below the trigger nothing is asked, above it the strategies in their order, until it is enough', async () => {
  const asked: [string, number][] = [];
  const noting = (name: string, compress: Compressor['compress']): Compressor['compress'] => {
    return (history, job) => {
      asked.push([name, job.targetTokens]);
      return compress(history, job);
    };
  };
  const { open: openWindow } = await open({
    first: noting('first', without('m0')),
    second: noting('second', without('m1', 'm2', 'm3')),
    third: noting('third', without('m4', 'm5')),
  });
  const window = openWindow({ messages: full().slice(0, 7) });
  const calm = await window.fit(fixed);
  expect([calm.edits, asked]).toEqual([[], []]);
  expect(calm.tokens).toBe(calm.systemTokens + calm.toolTokens + counter.messages(calm.messages));

  const told: unknown[] = [];
  const filling = openWindow({ messages: full(), onCompressed: (edit) => told.push(edit) });
  const { edits, messages, tokens } = await filling.fit(fixed);
  // 8,000 of 10,000 are above 70 %; 7,000 are above 60 %; 4,000 are enough. The target is 25 %.
  expect(asked.map(([name]) => name)).toEqual(['first', 'second']);
  for (const [, target] of asked) expect(target).toBeCloseTo(2500 - calm.systemTokens / 4, -1);
  expect(edits).toMatchObject([
    { strategy: 'first', taken: true, after: edits[1]!.before },
    { strategy: 'second', taken: true, after: tokens },
  ]);
  expect(told).toEqual(edits);
  expect(messages.map(({ id }) => id)).toEqual(['task', 'm4', 'm5', 'm6', 'm7']);
  expect(filling.messages).toBe(messages);
  expect((await filling.fit(fixed)).edits).toEqual([]);
});

test.each<[string, Compressor['compress'], RegExp]>([
  ['loses the task', without('task', 'm0', 'm1', 'm2'), /the task is missing/],
  ['loses the newest message of a person', without('asked', 'm0', 'm1'), /newest message of the user is missing/],
  ['loses a message of the system', without('rules', 'm0', 'm1'), /system message rules is missing/],
  ['shrinks by less than a tenth', without('small'), /it made \d+ tokens of \d+/],
  ['grows', async (history) => [...history, { ...said('more', 900), kind: 'notice' }], /it made \d+ tokens of \d+/],
  ['does nothing', untouched, /found nothing to shorten/],
  ['makes a new list of the same', async (history) => [...history], /it made \d+ tokens of \d+/],
  ['fails', async () => Promise.reject(new Error('out of order')), /it failed: out of order/],
  ['empties it', async () => [], /first message/],
  ['invents', async (history) => [...history.slice(0, 5), said('mine', 3)], /message mine was invented/],
  ['says one twice', async (history) => [...history.slice(0, 5), history[4]!], /m1 is there twice/],
  [
    'turns the order',
    async (history) => [history[0]!, history[1]!, history[4]!, history[3]!, history[2]!],
    /out of order/,
  ],
  [
    'tears a call from its answer',
    async (history) => [
      ...history.slice(0, 4),
      ...history.slice(-1).map((message) => ({
        ...message,
        parts: [{ type: 'tool' as const, call: 'c', name: 'shell', args: '{}', state: 'pending' as const }],
      })),
      ...history.slice(4, 5),
    ],
    /has no answer|out of order/,
  ],
  [
    'forgets an answer',
    async (history) => [
      ...history.slice(0, 4),
      { ...history.at(-1)!, parts: [{ type: 'tool', call: 'c', name: 'shell', args: '{}', state: 'done' }] },
    ],
    /answer of call c is missing/,
  ],
  [
    'changes what it was given',
    async (history) => {
      (history as Message[]).splice(1, 4);
      return history;
    },
    /it failed: .*(?:extensible|read only|delete)/,
  ],
  ['never ends', () => new Promise(() => {}), /no end after 0.1 s/],
])('a strategy that %s is discarded, and the next is asked', async (_, compress, why) => {
  const { open: openWindow } = await open(
    { bad: compress, good: without('m0', 'm1', 'm2') },
    { strategyTimeoutMs: 100 },
  );
  const call: Message = {
    ...said('calls', 0),
    parts: [{ type: 'tool', call: 'c', name: 'shell', args: '{}', state: 'done', output: 'fine' }],
  };
  const rules = said('rules', 3, 'system');
  const history = [rules, TASK, said('asked', 5, 'user'), ...full().slice(1), said('small', 50), call];
  const before = structuredClone(history);
  const window = openWindow({ messages: history });
  const { edits, messages } = await window.fit(fixed);
  expect(edits).toMatchObject([
    { strategy: 'bad', taken: false, why: expect.stringMatching(why) },
    { strategy: 'good', taken: true },
  ]);
  expect(messages).toEqual(history.filter(({ id }) => !['m0', 'm1', 'm2'].includes(id)));
  expect(history).toEqual(before);
});

test('what cannot be compressed but fits is sent, and the chain rests until the history has grown', async () => {
  const tried = vi.fn(untouched);
  const { open: openWindow } = await open({ tried });
  const window = openWindow({ messages: full() });
  await window.fit(fixed);
  window.add(said('n0', 500));
  await window.fit(fixed);
  expect(tried).toHaveBeenCalledTimes(1);
  window.add(said('n1', 600));
  await window.fit(fixed);
  expect(tried).toHaveBeenCalledTimes(2);
  window.turn();
  await window.fit(fixed);
  expect(tried).toHaveBeenCalledTimes(3);
});

test.each([
  ['system', { system: 'rule '.repeat(8000), tools: '[]' }, full().slice(0, 4)],
  ['tools', { system: 'Be careful.', tools: JSON.stringify('tool '.repeat(9000)) }, full().slice(0, 4)],
  ['tail', fixed, [TASK, said('m', 11_000)]],
  ['tail', fixed, [{ ...TASK, parts: [{ type: 'text', text: '任务'.repeat(9000) }] } as Message]],
])('an overflow names its cause: %s', async (cause, prompt, messages) => {
  const { open: openWindow } = await open({ nothing: untouched }, { answerTokens: 1000 });
  const window = openWindow({ messages });
  await expect(window.fit(prompt)).rejects.toMatchObject({
    code: 'CONTEXT_OVERFLOW',
    kind: 'too_large',
    hint: expect.any(String),
    data: {
      cause,
      systemTokens: counter.text(prompt.system),
      toolTokens: counter.text(prompt.tools),
      messageTokens: counter.messages(messages),
      roomTokens: 9000,
      windowTokens: 10_000,
      answerTokens: 1000,
      tried: ['nothing (it found nothing to shorten)'],
    },
  });
});

test('a user turn has two summaries, tried or made, and the next turn has them again', async () => {
  const granted: boolean[] = [];
  const summarize: Compressor['compress'] = async (history, job) => {
    granted.push(job.takeSummary());
    return history;
  };
  const { open: openWindow } = await open({ summarize }, { windowTokens: 1_000_000 });
  const window = openWindow({ messages: full(), windowTokens: 9000 });
  for (let n = 0; n < 3; n++) {
    window.add(said(`n${n}`, 950));
    await window.fit(fixed).catch(() => undefined);
  }
  expect(granted).toEqual([true, true, false]);
  window.turn();
  await window.fit(fixed).catch(() => undefined);
  expect(granted).toEqual([true, true, false, true]);
});

test('estimates are anchored on what the provider counted, and targets are in its tokens', async () => {
  const jobs: CompressionJob[] = [];
  const noting: Compressor['compress'] = async (history, job) => {
    jobs.push(job);
    return history.filter(({ id }) => !['m0', 'm1', 'm2', 'm3', 'm4'].includes(id));
  };
  const { open: openWindow } = await open({ noting });
  const window = openWindow({ messages: full().slice(0, 5) });
  const { tokens } = await window.fit(fixed);
  expect(tokens).toBeLessThan(5000);
  // This provider counts twice as much.
  window.observed(2 * tokens);
  const next = said('next', 100);
  window.add(next);
  const fitted = await window.fit(fixed);
  expect(fitted.edits).toMatchObject([{ before: 2 * (tokens + counter.message(next)), taken: true }]);
  expect(jobs[0]!.targetTokens).toBeCloseTo(1250, -1);
  expect(fitted.tokens).toBeCloseTo(
    2 * (fitted.systemTokens + fitted.toolTokens + counter.messages(fitted.messages)),
    -1,
  );
});

test('messages are added and replaced by id, are frozen, and lists that were read stay', async () => {
  const { open: openWindow } = await open({});
  const window = openWindow({ messages: [TASK] });
  const read = window.messages;
  const pending: Message = {
    id: 'a',
    role: 'assistant',
    parts: [{ type: 'tool', call: 'c', name: 'shell', args: '{}', state: 'pending' }],
    at: 1,
  };
  window.add(pending);
  const answered: Message = { ...pending, parts: [{ ...pending.parts[0]!, state: 'done', output: 'fine' } as never] };
  window.replace(answered);
  expect(Object.isFrozen(pending.parts[0])).toBe(true);
  expect(read).toEqual([TASK]);
  expect(window.messages).toEqual([TASK, answered]);
  expect(() => window.add({ ...TASK })).toThrow(expect.objectContaining({ code: 'MESSAGE_TWICE' }));
  expect(() => window.replace({ ...TASK, id: 'b' })).toThrow(expect.objectContaining({ code: 'MESSAGE_UNKNOWN' }));
  expect(() => Object.assign(window.messages[1]!.parts[0]!, { output: 'other' })).toThrow(TypeError);
  expect(() => (window.messages as Message[]).pop()).toThrow(TypeError);
});

test('while it is being compressed it takes nothing, and with the signal it ends as it was', async () => {
  const hanging = vi.fn<Compressor['compress']>(() => new Promise(() => {}));
  const { open: openWindow } = await open({ hanging });
  const window = openWindow({ messages: full() });
  const before = window.messages;
  const stop = new AbortController();
  const fitting = window.fit(fixed, stop.signal);
  await vi.waitFor(() => expect(hanging).toHaveBeenCalled());
  const busy = expect.objectContaining({ code: 'WINDOW_BUSY' });
  expect(() => window.add(said('x', 1))).toThrow(busy);
  await expect(window.fit(fixed)).rejects.toEqual(busy);
  stop.abort(new Error('enough'));
  await expect(fitting).rejects.toThrow('enough');
  expect(hanging.mock.calls[0]![1].signal.aborted).toBe(true);
  expect(window.messages).toBe(before);
  window.add(said('x', 1));
});
