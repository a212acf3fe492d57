import { describe, expect, test } from 'vitest';
import type { ChatDelta } from '#plugins/llm/api';
import type { Reply } from '../../support/scripted-model.ts';
import { bench, failing, KEY, request } from './model-under-test.ts';

const at = bench();
const inTurn = (...replies: Reply[]): void => {
  let n = 0;
  at.model.answer = () => replies[Math.min(n++, replies.length - 1)]!;
};

describe.each(['openai', 'anthropic'] as const)('%s', (provider) => {
  test.each([
    [401, 'LLM_REFUSED', 1],
    [403, 'LLM_REFUSED', 1],
    [404, 'LLM_REFUSED', 1],
    [402, 'LLM_LIMITED', 1],
    [429, 'LLM_LIMITED', 3],
    [408, 'LLM_UNAVAILABLE', 3],
    [500, 'LLM_UNAVAILABLE', 3],
    [503, 'LLM_UNAVAILABLE', 3],
    [529, 'LLM_UNAVAILABLE', 3],
  ])('with %i again and again is %s after %i attempts, and the key is in no error', async (status, code, attempts) => {
    at.model.answer = () => ({ status, body: { error: { message: `Incorrect API key provided: ${KEY}` } } });
    const error = await failing((await at.llm({ provider })).chat(request));
    expect(error).toMatchObject({ code, data: { upstreamStatus: status } });
    expect(at.model.asked).toHaveLength(attempts);
    expect(`${error.message} ${JSON.stringify(error)} ${JSON.stringify(at.kernel.lines)}`).not.toContain(KEY);
  });

  test('that fails and then answers has answered', async () => {
    inTurn({ status: 500 }, { status: 529 }, { text: 'Hello.' });
    const deltas: ChatDelta[] = [];
    const answer = await (await at.llm({ provider })).chat({ ...request, onDelta: (delta) => deltas.push(delta) });
    expect(answer).toMatchObject({ attempts: 3, usage: { input: 100, output: 20 } });
    expect(deltas.every(({ type }) => type === 'text')).toBe(true);
  });

  test.each<[string, Reply]>([
    ['cut', { text: 'Half of an answer, and then', cutAfter: 5 }],
    ['ended early', { text: 'Half of an answer, and then', endAfter: 5 }],
    ['silent', { text: 'Half of an answer, and then', stallAfter: 5 }],
    ['no JSON', { text: 'Half of an answer, and then', garbageAt: 5 }],
    ['an error', { text: 'Half of an answer, and then', errorAt: { event: 5, type: 'unheard_of' } }],
  ])('whose stream is %s in the middle is asked again, and the text begins again', async (_, broken) => {
    inTurn(broken, { text: 'The whole answer.' });
    let text = '';
    const seen: string[] = [];
    const onDelta = (delta: ChatDelta): void => {
      if (delta.type === 'restart') seen.push(text);
      if (delta.type === 'restart') text = '';
      else if (delta.type === 'text') text += delta.text;
    };
    const answer = await (await at.llm({ provider, idleMs: 150 })).chat({ ...request, onDelta });
    expect(text).toBe('The whole answer.');
    expect(seen).toEqual([expect.stringMatching(/^Half/)]);
    expect(answer).toMatchObject({ attempts: 2, usage: { estimated: true } });
    expect(answer.usage.output).toBeGreaterThan(20);
  });

  test('whose stream always stops in the middle is LLM_CUT_OFF, with what came', async () => {
    inTurn({ text: 'Half of an answer, and then', cutAfter: 4 });
    const llm = await at.llm({ provider, retries: 1 });
    const error = await failing(llm.chat({ ...request, run: 'r' }));
    expect(error).toMatchObject({ code: 'LLM_CUT_OFF', data: { text: expect.stringMatching(/^Half/) } });
    expect(at.model.asked).toHaveLength(2);
    expect(llm.spent({ run: 'r' }).output).toBeGreaterThan(0);
  });

  test('that is silent from the start, or gone before the first word, is LLM_UNAVAILABLE', async () => {
    const llm = await at.llm({ provider, idleMs: 100, retries: 0 });
    for (const reply of [{ stallAfter: 0 }, { cutAfter: 0 }, { afterMs: 10_000 }] satisfies Reply[]) {
      inTurn({ text: 'Hello.', ...reply });
      expect(await failing(llm.chat(request))).toMatchObject({ code: 'LLM_UNAVAILABLE' });
    }
  });

  test('that drips for ever, or does not stop talking, comes to an end', async () => {
    inTurn({ text: 'drip '.repeat(1_000), chunkMs: 20 });
    const slow = await at.llm({ provider, chatTimeoutMs: 200, retries: 0 });
    expect(await failing(slow.chat(request))).toMatchObject({
      message: expect.stringContaining('no answer within 200 ms'),
    });
    inTurn({ text: 'blah '.repeat(20_000) });
    const loud = await at.llm({ provider, maxAnswerKb: 50 });
    expect(await failing(loud.chat(request))).toMatchObject({
      code: 'LLM_UNAVAILABLE',
      message: expect.stringContaining('more than 51200 bytes'),
    });
    expect(at.model.asked).toHaveLength(2);
  });

  test('that is told to wait is left alone for so long, and no longer than is configured', async () => {
    const gap = async (headers: (now: number) => Record<string, string>, more: object = {}): Promise<number> => {
      const times: number[] = [];
      at.model.answer = () => {
        times.push(Date.now());
        return times.length === 1 ? { status: 429, headers: headers(times[0]!) } : { text: 'Hello.' };
      };
      await (await at.llm({ provider, ...more })).chat(request);
      return times[1]! - times[0]!;
    };
    expect(await gap(() => ({ 'retry-after-ms': '250' }))).toBeGreaterThanOrEqual(245);
    expect(await gap(() => ({ 'retry-after': '0.3' }))).toBeGreaterThanOrEqual(295);
    // A date has whole seconds.
    let left = 0;
    const next = (now: number) => {
      const date = new Date(Math.ceil((now + 200) / 1_000) * 1_000);
      left = date.getTime() - now;
      return { 'retry-after': date.toUTCString() };
    };
    expect(await gap(next)).toBeGreaterThanOrEqual(left - 5);
    expect(await gap(() => ({ 'retry-after': '3600' }), { maxRetryAfterMs: 50 })).toBeLessThan(60_000);
  });

  test('whose window is too small is LLM_REFUSED at once, and says why', async () => {
    const message =
      provider === 'openai'
        ? "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
        : 'prompt is too long: 210000 tokens > 200000 maximum';
    at.model.answer = () => ({ status: 400, body: { error: { message, type: 'invalid_request_error' } } });
    expect(await failing((await at.llm({ provider })).chat(request))).toMatchObject({
      code: 'LLM_REFUSED',
      kind: 'too_large',
      data: { contextOverflow: true },
    });
    expect(at.model.asked).toHaveLength(1);
  });

  test('that is overloaded or over a limit in the middle of a stream is what it would be at the beginning', async () => {
    inTurn({ text: 'Half of an answer', errorAt: { event: 3, type: 'rate_limit_error' } });
    const llm = await at.llm({ provider, retries: 1 });
    expect(await failing(llm.chat(request))).toMatchObject({ code: 'LLM_LIMITED' });
    expect(at.model.asked).toHaveLength(2);
    inTurn({ text: 'Half of an answer', errorAt: { event: 3, type: 'authentication_error' } });
    expect(await failing(llm.chat(request))).toMatchObject({ code: 'LLM_REFUSED' });
    expect(at.model.asked).toHaveLength(3);
  });

  test('tells what a listener throws as it is, and asks nobody again', async () => {
    const own = new Error('my own');
    const call = (await at.llm({ provider })).chat({
      ...request,
      onDelta: () => {
        throw own;
      },
    });
    expect(await failing(call)).toBe(own);
    expect(at.model.asked).toHaveLength(1);
  });

  test('without a model is LLM_NOT_CONFIGURED', async () => {
    const error = await failing((await at.llm({ provider, model: '' })).chat(request));
    expect(error).toMatchObject({ code: 'LLM_NOT_CONFIGURED', hint: expect.stringContaining('LLM_MODEL') });
    expect(at.model.asked).toEqual([]);
  });
});

test('money that is used up does not come by asking again', async () => {
  const low = 'Your credit balance is too low to access the Anthropic API.';
  at.model.answer = () => ({
    status: 400,
    body: { type: 'error', error: { type: 'invalid_request_error', message: low } },
  });
  expect(await failing((await at.llm({ provider: 'anthropic' })).chat(request))).toMatchObject({ code: 'LLM_LIMITED' });
  at.model.asked.length = 0;
  at.model.answer = () => ({
    status: 429,
    body: { error: { message: 'You exceeded your quota.', code: 'insufficient_quota' } },
  });
  expect(await failing((await at.llm()).chat(request))).toMatchObject({ code: 'LLM_LIMITED' });
  expect(at.model.asked).toHaveLength(1);
});

test('a hundred calls at once through a storm of 429 all get their answer', async () => {
  let asked = 0;
  at.model.answer = () => (asked++ < 200 ? { status: 429, headers: { 'retry-after-ms': '100' } } : { text: 'Hello.' });
  const llm = await at.llm({ retries: 10, concurrency: 100 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => llm.chat(request)));
  expect(answers.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(300);
});
