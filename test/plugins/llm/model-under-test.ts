import { afterEach, beforeEach } from 'vitest';
import { type ChatRequest, LLM, type Llm } from '#plugins/llm/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { type ScriptedModel, scriptedModel } from '../../support/scripted-model.ts';

export const KEY = 'sk-planted-0123456789abcdef';

export interface Bench {
  model: ScriptedModel;
  kernel: BootedKernel;
  /** The plugin over the stand-in. */
  llm(more?: object, others?: object): Promise<Llm>;
}

/** A stand-in and a kernel for each test. */
export function bench(): Bench {
  let kernel: BootedKernel | undefined;
  const made = {
    llm: async (more: object = {}, others: object = {}) => {
      await kernel?.stop();
      kernel = await bootKernel({
        plugins: { llm: { url: made.model.url, model: 'm', apiKey: KEY, retryMs: 1, ...more }, ...others },
        limits: { drainMs: 100 },
      });
      made.kernel = kernel;
      return kernel.get(LLM);
    },
  } as Bench;
  beforeEach(async () => {
    made.model = await scriptedModel(() => ({ text: 'Hello.' }));
  });
  afterEach(async () => {
    await kernel?.stop();
    kernel = undefined;
    await made.model.close();
  });
  return made;
}

export const request: ChatRequest = {
  system: 'Be brief.',
  messages: [{ id: 'm1', role: 'user', at: 0, parts: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
};

export const failing = (call: Promise<unknown>): Promise<Error & { code: string; data: Record<string, unknown> }> =>
  call.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
