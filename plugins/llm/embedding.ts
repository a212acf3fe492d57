import { fault } from '#kernel';
import type { Clients } from './client.ts';
import { llmFault, notConfigured } from './llm-faults.ts';
import type { EmbeddingConfig } from './profiles.ts';

/** Vectors of length 1, batch by batch. */
export async function embed(
  clients: Clients,
  config: EmbeddingConfig,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<readonly Float32Array[]> {
  const { model, apiKey, batch, maxCharacters } = config;
  if (model === '') throw notConfigured('embedding.model');
  const client = await clients.for(config);
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += batch) {
    // An empty text is refused by most.
    const input = texts.slice(at, at + batch).map((text) => text.slice(0, maxCharacters) || ' ');
    try {
      const { data } = await client.embeddings.create(
        { model, input, encoding_format: 'float' },
        { ...(signal && { signal }) },
      );
      vectors.push(...inOrder(data, input.length, model));
    } catch (error) {
      throw llmFault(error, model, apiKey, signal);
    }
  }
  const sizes = new Set(vectors.map(({ length }) => length));
  if (sizes.size > 1) throw unusable(model, `vectors of ${[...sizes].join(' and ')} numbers`);
  return vectors;
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
