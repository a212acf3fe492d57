import { afterEach, expect, test } from 'vitest';
import { openContext, scriptedLlm } from './open-context.ts';

let opened: Awaited<ReturnType<typeof openContext>> | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});
const detailOf = (id: string): Record<string, unknown> =>
  (opened!.kernel.status().plugins.find((each) => each.id === id)!.health.detail ?? {}) as Record<string, unknown>;

test('a strategy that does not exist is refused before anything starts, with what was meant', async () => {
  await expect(openContext({ context: { compress: ['prune', 'sumarize'] } })).rejects.toThrow(
    /context\.compress\.1: no context\.compressor named "sumarize"; there are: none, truncate, prune, summarize.*did you mean "summarize"/s,
  );
});

test('left out, it is prune and then summarize, and the status says that summarize needs a model', async () => {
  opened = await openContext();
  expect(detailOf('context')).toMatchObject({
    compress: ['prune', 'summarize'],
    lacks: { summarize: expect.stringContaining('summarize needs a model') },
  });
  expect(detailOf('compressors')).toMatchObject({ summarize: expect.stringContaining('add plugin llm') });
  expect(opened.kernel.lines.find(({ msg }) => msg.includes('summarize needs a model'))?.level).toBe('info');
});

test('with a model nothing is lacking; with one that is not configured its setting is named', async () => {
  opened = await openContext({ llm: scriptedLlm(() => ({})) });
  expect(detailOf('context').lacks).toEqual({});
  await opened.close();
  opened = await openContext({ llm: { ...scriptedLlm(() => ({})), model: () => undefined } });
  expect(detailOf('context').lacks).toEqual({ summarize: expect.stringContaining('LLM_MODEL') });
});
