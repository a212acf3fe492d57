import fs from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { CONTEXT } from '#plugins/context/api';
import { LLM } from '#plugins/llm/api';
import { fake } from '../../support/boot-kernel.ts';
import { until, Workbench } from '../../support/workbench.ts';
import { agentStep, randomOf, TASK } from './agent-run.ts';
import { scriptedLlm } from './open-context.ts';

const fixed = { system: 'You are an agent.', tools: '[]' };
const PLUGINS = new URL('../../../plugins', import.meta.url).pathname;

let bench: Workbench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function running(compress: readonly string[]) {
  bench = new Workbench();
  const llm = scriptedLlm(() => ({ goal: 'mend the import', state: 'half of the logs are read' }));
  const options = { windowTokens: 16_000, answerTokens: 1000, outputs: { dir: bench.file('..', 'outputs') } };
  const kernel = await bench.boot({
    dirs: [bench.plugins, PLUGINS],
    plugins: { context: { compress, ...options }, compressors: {} },
    fakes: [fake(LLM, llm)],
  });
  const edit = (to: readonly string[], more: object = {}): void => {
    const pipeline = JSON.parse(fs.readFileSync(kernel.file, 'utf8'));
    pipeline.plugins.context.compress = to;
    Object.assign(pipeline.plugins, more);
    fs.writeFileSync(kernel.file, JSON.stringify(pipeline, null, 2));
  };
  const generation = () => kernel.status().plugins.find(({ id }) => id === 'context')!.generation;
  return { bench, kernel, llm, edit, generation };
}

test('a run that is under way goes by an edited `compress` from its next step on, also in the window it has', async () => {
  const { kernel, llm, edit, generation } = await running(['prune', 'summarize']);
  const window = kernel.get(CONTEXT).open({ messages: [TASK] });
  const random = randomOf(7);
  const asked: string[][] = [];
  const step = async (n: number): Promise<void> => {
    window.add(agentStep(n, random));
    asked.push((await window.fit(fixed)).edits.map(({ strategy }) => strategy));
  };
  let n = 0;
  const untilAsked = async (times: number): Promise<void> => {
    asked.length = 0;
    for (const last = n + 500; n < last && asked.flat().length < times; n++) await step(n);
  };
  await untilAsked(1);
  expect(asked.flat()[0]).toBe('prune');

  const before = window.messages;
  edit(['truncate']);
  await until('the second generation', () => generation() === 2);
  expect(window.messages).toBe(before);
  await untilAsked(3);
  expect(new Set(asked.flat())).toEqual(new Set(['truncate']));
  expect(window.messages[0]).toEqual(TASK);

  // An edit that does not fit changes nothing.
  edit(['trunkate']);
  await until('the refusal', () => kernel.lines.some(({ msg }) => /did you mean "truncate"/.test(msg)));
  await untilAsked(1);
  expect(asked.flat()).toEqual(['truncate']);

  // And one that is under way when the plugin is swapped ends as it began.
  edit(['summarize']);
  await until('the third generation', () => generation() === 3);
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  llm.summary = async () => {
    await gate;
    return { state: 'written by the old generation' };
  };
  for (const last = n + 60; n < last; n++) window.add(agentStep(n, random));
  const fitting = window.fit(fixed);
  await until('the call of the model', () => llm.asked.length > 0);
  edit(['none']);
  await until('the fourth generation', () => generation() === 4);
  open();
  const { edits, messages } = await fitting;
  expect(edits).toMatchObject([{ strategy: 'summarize', taken: true }]);
  expect(JSON.stringify(messages)).toContain('written by the old generation');
});

test('a strategy of one’s own is a folder and a word', async () => {
  const { bench, kernel, edit, generation } = await running(['prune']);
  const window = kernel.get(CONTEXT).open({ messages: [TASK] });
  const random = randomOf(7);
  bench.write('forgetful', {
    'index.ts': `
      import { definePlugin, many } from '#kernel';
      import { COMPRESSOR, newestOfPerson, taskOf } from '#plugins/context/api';
      import { z } from 'zod';
      export default definePlugin({
        name: 'forgetful',
        summary: 'Forgets all but the task and the newest words.',
        config: z.strictObject({}),
        provides: { forgetful: many(COMPRESSOR, 'forgetful') },
        create: () => ({
          forgetful: {
            compress: async (history) => {
              const kept = new Set([taskOf(history), newestOfPerson(history), history.at(-1)]);
              return history.filter((message) => kept.has(message));
            },
          },
        }),
      });`,
  });
  edit(['forgetful'], { forgetful: {} });
  await until('the second generation', () => generation() === 2);
  for (let n = 0; n < 40; n++) window.add(agentStep(n, random));
  const { edits, messages } = await window.fit(fixed);
  expect(edits).toMatchObject([{ strategy: 'forgetful', taken: true }]);
  expect(messages.map(({ id }) => id)).toEqual(['task', 'step-39']);

  // Its code may be edited while the run goes on, too; what it then breaks is discarded.
  const source = fs.readFileSync(bench.file('forgetful', 'index.ts'), 'utf8');
  bench.write('forgetful', { 'index.ts': source.replace('taskOf(history), ', '') });
  await until(
    'the edited strategy',
    () => kernel.status().plugins.find(({ id }) => id === 'forgetful')!.generation === 2,
  );
  window.add({ id: 'more', role: 'user', parts: [{ type: 'text', text: '还有一个问题' }], at: 99 });
  for (let n = 40; n < 60; n++) window.add(agentStep(n, random));
  await expect(window.fit(fixed)).rejects.toMatchObject({
    code: 'CONTEXT_OVERFLOW',
    data: { cause: 'tail', tried: ['forgetful (the task is missing)'] },
  });
});

test('a window goes by the plugin’s edited code, too', async () => {
  bench = new Workbench();
  fs.cpSync(`${PLUGINS}/context`, bench.file('context', ''), { recursive: true });
  fs.cpSync(`${PLUGINS}/compressors`, bench.file('compressors', ''), { recursive: true });
  const kernel = await bench.boot({
    plugins: { context: { compress: ['none'], windowTokens: 1000 }, compressors: {} },
  });
  const window = kernel.get(CONTEXT).open({ messages: [TASK, agentStep(1, randomOf(3))] });
  const why = async (): Promise<unknown> => {
    const thrown = await window.fit(fixed).catch((error: unknown) => error);
    return (thrown as { data?: { tried?: unknown } }).data?.tried;
  };
  expect(await why()).toEqual(['none (it found nothing to shorten)']);
  const source = fs.readFileSync(bench.file('context', 'chain-fitter.ts'), 'utf8');
  bench.write('context', { 'chain-fitter.ts': source.replace('it found nothing to shorten', 'it is as it was') });
  await until('the edited code', () =>
    kernel.status().plugins.some(({ id, generation }) => id === 'context' && generation === 2),
  );
  expect(await why()).toEqual(['none (it is as it was)']);
});
