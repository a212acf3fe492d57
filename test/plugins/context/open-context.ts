import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import { COMPRESSOR, CONTEXT } from '#plugins/context/api';
import { LLM, type Llm, type ObjectRequest } from '#plugins/llm/api';
import { type BootKernelOptions, bootKernel, fake } from '../../support/boot-kernel.ts';

export interface Script {
  /** What the model fills the summary with; may throw. */
  summary(request: ObjectRequest<unknown>): unknown;
  /** Every request, in order. */
  readonly asked: ObjectRequest<unknown>[];
}

/** Stands in for the language model behind its door: answers of a given shape, by a function that may be replaced. */
export function scriptedLlm(summary: Script['summary']): Llm & Script {
  const nothing = async (): Promise<never> => {
    throw new Error('not in the script');
  };
  const llm: Llm & Script = {
    summary,
    asked: [],
    model: () => 'scripted',
    object: async <T>(request: ObjectRequest<T>) => {
      llm.asked.push(request as ObjectRequest<unknown>);
      const value = (request.schema as z.ZodType<T>).parse(await llm.summary(request as ObjectRequest<unknown>));
      return { value, model: 'scripted', usage: { input: 0, output: 0 } };
    },
    chat: nothing,
    embeddingModel: undefined,
    price: () => undefined,
    profiles: ['default'],
    embed: nothing,
    spent: () => ({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, calls: 0, usd: 0, unpriced: 0 }),
  };
  return llm;
}

export interface OpenContextOptions {
  readonly context?: Readonly<Record<string, unknown>>;
  readonly compressors?: Readonly<Record<string, unknown>>;
  /** Absent: the pipeline has no model. */
  readonly llm?: Llm;
  /** Where masked outputs are kept; default: a folder of its own, which `close` removes. */
  readonly dir?: string;
  readonly kernel?: Omit<BootKernelOptions, 'plugins' | 'fakes'>;
}

/** A kernel with `context` and `compressors`. */
export async function openContext(options: OpenContextOptions = {}) {
  const dir = options.dir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'context-'));
  const kernel = await bootKernel({
    ...options.kernel,
    plugins: { context: { outputs: { dir }, ...options.context }, compressors: options.compressors ?? {} },
    fakes: options.llm === undefined ? [] : [fake(LLM, options.llm)],
  });
  return {
    kernel,
    dir,
    context: kernel.get(CONTEXT),
    strategies: kernel.all(COMPRESSOR),
    close: async (): Promise<void> => {
      await kernel.stop();
      if (options.dir === undefined) fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}
