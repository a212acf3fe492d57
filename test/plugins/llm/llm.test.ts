import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { LLM, type Llm } from '#plugins/llm/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { type ScriptedModel, scriptedModel } from '../../support/scripted-model.ts';

const KEY = 'sk-planted-0123456789abcdef';
const schema = z.object({ city: z.string(), degrees: z.number() });
const RIGHT = '{"city": "Oslo", "degrees": -3}';
const wanted = { system: 'Say the weather.', user: 'Oslo', name: 'weather', schema };

let model: ScriptedModel;
let kernel: BootedKernel | undefined;
beforeEach(async () => {
  model = await scriptedModel(() => ({ text: RIGHT }));
});
afterEach(async () => {
  await kernel?.stop();
  kernel = undefined;
  await model.close();
});

async function llm(more: object = {}): Promise<Llm> {
  kernel = await bootKernel({
    plugins: { llm: { url: model.url, model: 'm', apiKey: KEY, ...more } },
    limits: { drainMs: 100 },
  });
  return kernel.get(LLM);
}
const inTurn = (...texts: string[]) => {
  let n = 0;
  model.answer = () => ({ text: texts[Math.min(n++, texts.length - 1)]! });
};

describe('a value of a given shape', () => {
  test('is asked for with its schema, and comes with what it cost', async () => {
    const answer = await (await llm()).object(wanted);
    expect(answer).toEqual({ value: { city: 'Oslo', degrees: -3 }, model: 'm', usage: { input: 100, output: 20 } });
    const [{ path, authorization, body }] = model.asked as [ScriptedModel['asked'][0]];
    expect([path, authorization]).toEqual(['/v1/chat/completions', `Bearer ${KEY}`]);
    expect(body.response_format.json_schema).toMatchObject({
      name: 'weather',
      schema: { required: ['city', 'degrees'] },
    });
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual(['system', 'user']);
  });

  test.each([
    ['in a fence', 'Here it is:\n```json\n{"city": "Oslo", "degrees": -3}\n```\nGlad to help.'],
    ['among words', 'The answer is {"city": "Oslo", "degrees": -3}, I think.'],
    ['with a comma too many', '{"city": "Oslo", "degrees": -3,}'],
    ['with single quotes', "{'city': 'Oslo', 'degrees': -3}"],
    ['after fences without an end', `${'```\n'.repeat(1)}${'\n'.repeat(200_000)}{"city": "Oslo", "degrees": -3}`],
    ['cut off before its end', '{"city": "Oslo", "degrees": -3'],
  ])('is read %s', async (_, text) => {
    inTurn(text);
    expect((await (await llm()).object(wanted)).value).toEqual({ city: 'Oslo', degrees: -3 });
    expect(model.asked).toHaveLength(1);
  });

  test('that does not fit is asked for again, with what was wrong', async () => {
    inTurn('{"city": "Oslo", "degrees": "cold"}', RIGHT);
    const answer = await (await llm()).object(wanted);
    expect(answer).toMatchObject({ value: { degrees: -3 }, usage: { input: 200, output: 40 } });
    expect(model.asked[1]!.body.messages.at(-1).content).toContain('degrees');
  });

  test('that never fits is a fault, after the repairs that are configured', async () => {
    inTurn('I would rather not.');
    await expect((await llm({ repairs: 2 })).object(wanted)).rejects.toMatchObject({ code: 'LLM_ANSWER_INVALID' });
    expect(model.asked).toHaveLength(3);
  });

  test('is asked for in a weaker form where the API refuses the stricter, and at once so the next time', async () => {
    model.answer = ({ body }) =>
      body.response_format === undefined
        ? { text: RIGHT }
        : {
            status: 400,
            body: { error: { message: `response_format ${body.response_format.type} is not supported` } },
          };
    const service = await llm();
    await service.object(wanted);
    await service.object(wanted);
    expect(model.asked.map(({ body }) => body.response_format?.type)).toEqual([
      'json_schema',
      'json_object',
      undefined,
      undefined,
    ]);
  });
});

describe('a model that fails', () => {
  test('is tried again, no sooner than it says', async () => {
    const times: number[] = [];
    model.answer = () => {
      times.push(performance.now());
      return times.length === 1 ? { status: 429, headers: { 'retry-after-ms': '300' }, body: {} } : { text: RIGHT };
    };
    await (await llm()).object(wanted);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(295);
  });

  test.each([
    [429, 'LLM_LIMITED'],
    [401, 'LLM_REFUSED'],
    [404, 'LLM_REFUSED'],
    [500, 'LLM_UNAVAILABLE'],
  ])('with %i is %s, and the key is in no error', async (status, code) => {
    model.answer = () => ({ status, body: { error: { message: `Incorrect API key provided: ${KEY}` } } });
    const error: Error & { code?: string } = await (await llm({ retries: 0 })).object(wanted).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error.code).toBe(code);
    expect(`${error.message} ${JSON.stringify(error)} ${JSON.stringify(kernel!.lines)}`).not.toContain(KEY);
  });

  test('whose answer is too long, or sends us elsewhere, is LLM_UNAVAILABLE', async () => {
    model.answer = () => ({ text: 'x'.repeat(100_000) });
    await expect((await llm({ maxAnswerKb: 50, retries: 0 })).object(wanted)).rejects.toMatchObject({
      code: 'LLM_UNAVAILABLE',
      message: expect.stringContaining('more than 51200 bytes'),
    });
    await kernel!.stop();
    const other = await scriptedModel(() => ({ text: RIGHT }));
    model.answer = () => ({ status: 307, headers: { location: `${other.url}/chat/completions` }, body: {} });
    await expect((await llm({ retries: 0 })).object(wanted)).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
    expect(other.asked).toEqual([]);
    await other.close();
  });

  test('with a password in its address tells it to nobody', async () => {
    const service = await llm({ url: 'http://me:sesame-open@127.0.0.1:9/v1', retries: 0 });
    const error = await service.object(wanted).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    );
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('sesame-open');
  });

  test('that does not answer in time, or is not there, is LLM_UNAVAILABLE', async () => {
    model.answer = () => ({ text: RIGHT, afterMs: 5_000 });
    const slow = await llm({ timeoutMs: 100, retries: 0 });
    await expect(slow.object(wanted)).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
    await kernel!.stop();
    const gone = await llm({ url: 'http://127.0.0.1:9/v1', retries: 0 });
    await expect(gone.object(wanted)).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
  });

  test('ends with its caller, and with the plugin', async () => {
    model.answer = () => ({ text: RIGHT, afterMs: 60_000 });
    const service = await llm();
    const caller = service.object(wanted, AbortSignal.timeout(50));
    const other = service.object(wanted);
    const failed = expect(other).rejects.toThrow();
    await expect(caller).rejects.toMatchObject({ name: 'TimeoutError' });
    await kernel!.stop();
    await failed;
  });
});

describe('profiles', () => {
  test('have what they leave out from the default, but a key stays with its address', async () => {
    const other = await scriptedModel(() => ({ text: RIGHT }));
    try {
      const profiles = { fast: { model: 'small' }, strong: { url: other.url, model: 'large' } };
      const service = await llm({ profiles });
      expect(service.profiles).toEqual(['default', 'fast', 'strong']);
      expect(['fast', 'strong', 'nobody', undefined].map((name) => service.model(name))).toEqual([
        'small',
        'large',
        'm',
        'm',
      ]);
      await service.object({ ...wanted, profile: 'fast' });
      await service.object({ ...wanted, profile: 'strong' });
      expect(model.asked[0]).toMatchObject({ authorization: `Bearer ${KEY}`, body: { model: 'small' } });
      expect(other.asked[0]!.body.model).toBe('large');
      expect(other.asked[0]!.authorization).not.toContain(KEY);
    } finally {
      await other.close();
    }
  });

  test('without a model, calls say what to set', async () => {
    kernel = await bootKernel({ plugins: { llm: {} } });
    const none = kernel.get(LLM);
    expect([none.model(), none.embeddingModel]).toEqual([undefined, undefined]);
    await expect(none.object(wanted)).rejects.toMatchObject({
      code: 'LLM_NOT_CONFIGURED',
      hint: expect.stringContaining('LLM_MODEL'),
    });
    await expect(none.embed(['a'])).rejects.toMatchObject({ code: 'LLM_NOT_CONFIGURED' });
  });

  test('no more calls at a time than are configured; one that gives up leaves the queue', async () => {
    let now = 0;
    let most = 0;
    model.answer = async () => {
      most = Math.max(most, ++now);
      await sleep(30);
      now--;
      return { text: RIGHT };
    };
    const service = await llm({ concurrency: 2 });
    const gone = new AbortController();
    const calls = Array.from({ length: 6 }, () => service.object(wanted));
    const given = service.object(wanted, gone.signal);
    gone.abort();
    await expect(given).rejects.toThrow();
    await Promise.all(calls);
    expect([most, model.asked.length]).toEqual([2, 6]);
  });
});

describe('embeddings', () => {
  const vectorsOf = (texts: readonly string[]) =>
    texts.map((text, index) => ({ object: 'embedding', index, embedding: [text.length, 1, 0] })).reverse();

  test('come in batches, in the order of the texts, with length 1', async () => {
    model.answer = ({ body }) => ({ body: { object: 'list', data: vectorsOf(body.input), usage: {} } });
    const service = await llm({ embedding: { model: 'e', batch: 2 } });
    const vectors = await service.embed(['', 'bb', 'cccc', 'd', 'eeeeee']);
    expect(model.asked.map(({ path, body }) => [path, body.input.length])).toEqual([
      ['/v1/embeddings', 2],
      ['/v1/embeddings', 2],
      ['/v1/embeddings', 1],
    ]);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(vectors.map(([a, b]) => Math.round(a! / b!))).toEqual([1, 2, 4, 1, 6]);
  });

  test.each([
    ['too few vectors', (input: string[]) => vectorsOf(input).slice(1)],
    ['an index twice', (input: string[]) => vectorsOf(input).map((each) => ({ ...each, index: 0 }))],
    ['no numbers', (input: string[]) => vectorsOf(input).map((each) => ({ ...each, embedding: ['x'] }))],
    ['only zeros', (input: string[]) => vectorsOf(input).map((each) => ({ ...each, embedding: [0, 0] }))],
  ])('with %s are refused', async (_, data) => {
    model.answer = ({ body }) => ({ body: { data: data(body.input) } });
    const service = await llm({ embedding: { model: 'e' } });
    await expect(service.embed(['a', 'bb'])).rejects.toMatchObject({ code: 'LLM_ANSWER_INVALID' });
  });
});
