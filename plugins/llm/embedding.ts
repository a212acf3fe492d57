import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '#kernel';
import type { Usage } from './api.ts';
import { openAiClient } from './client.ts';
import { failureOf, llmFault, notConfigured } from './llm-faults.ts';
import type { EmbeddingConfig } from './profiles.ts';
import { pauseOf } from './retry-after.ts';
import { tokens } from './usage.ts';

export interface Pauses {
  readonly retryMs: number;
  readonly maxRetryAfterMs: number;
}

/** Vectors of length 1, batch by batch. */
export async function embed(
  config: EmbeddingConfig,
  pauses: Pauses,
  texts: readonly string[],
  until: AbortSignal,
  used: (usage: Usage) => void,
): Promise<readonly Float32Array[]> {
  const { model, batch, maxCharacters } = config;
  if (model === '') throw notConfigured('embedding.model');
  const client = await openAiClient(config);
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += batch) {
    // An empty text is refused by most.
    const input = texts.slice(at, at + batch).map((text) => text.slice(0, maxCharacters) || ' ');
    const body = { model, input, encoding_format: 'float' as const };
    const { data, usage } = await again(config, pauses, until, () => client.embeddings.create(body, { signal: until }));
    const counted = tokens(usage?.prompt_tokens);
    if (counted) used({ input: counted, output: 0 });
    vectors.push(...inOrder(data, input.length, model));
  }
  const sizes = new Set(vectors.map(({ length }) => length));
  if (sizes.size > 1) throw unusable(model, `vectors of ${[...sizes].join(' and ')} numbers`);
  return vectors;
}

async function again<T>(
  config: EmbeddingConfig,
  pauses: Pauses,
  until: AbortSignal,
  once: () => PromiseLike<T>,
): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await once();
    } catch (error) {
      const { mayRetry, retryAfterMs } = failureOf(error);
      if (until.aborted || !mayRetry || failed > config.retries) throw llmFault(error, config, until);
      await sleep(pauseOf(failed, pauses, retryAfterMs), undefined, { signal: until }).catch(() => {});
      if (until.aborted) throw llmFault(error, config, until);
    }
  }
}

interface Embedded {
  readonly index?: number;
  readonly embedding: readonly number[];
}

function inOrder(data: readonly Embedded[], count: number, model: string): Float32Array[] {
  if (!Array.isArray(data) || data.length !== count)
    throw unusable(model, `${Array.isArray(data) ? data.length : 'no'} vectors for ${count} texts`);
  const found = new Array<Float32Array | undefined>(count);
  for (const [n, { index, embedding }] of data.entries()) found[index ?? n] = unit(embedding, model);
  if (found.includes(undefined)) throw unusable(model, 'not one vector for each text');
  return found as Float32Array[];
}

function unit(embedding: readonly number[], model: string): Float32Array {
  const vector = Float32Array.from(Array.isArray(embedding) ? embedding : []);
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!(length > 0) || !Number.isFinite(length)) throw unusable(model, 'a vector without a direction');
  return vector.map((value) => value / length);
}

const unusable = (model: string, what: string): Error =>
  fault('LLM_ANSWER_INVALID', `the model "${model}" answered with ${what}`, { kind: 'unavailable' });
