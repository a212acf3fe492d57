import type { z } from 'zod';
import { type Token, token } from '#kernel';

/**
 * Language models behind one interface. What is configured are **profiles** by name (`default`, and others such as `fast`
 * or `strong`), so that plugins may use different models; an unknown name, or none, means `default`.
 */
export interface Llm {
  /** The model of a profile; undefined where none is configured, and then calls fault with LLM_NOT_CONFIGURED. */
  model(profile?: string): string | undefined;
  /**
   * A value that fits the schema. An answer that is no JSON, or does not fit, is repaired or asked for again with what was
   * wrong. Faults: LLM_NOT_CONFIGURED, LLM_REFUSED (key, model or request), LLM_LIMITED (rate or money, after retries),
   * LLM_UNAVAILABLE (network, 5xx, time), LLM_ANSWER_INVALID.
   */
  object<T>(request: ObjectRequest<T>, signal?: AbortSignal): Promise<ObjectAnswer<T>>;
  /** The model that embeds; undefined where none is configured, and then `embed` faults with LLM_NOT_CONFIGURED. */
  readonly embeddingModel: string | undefined;
  /** One vector a text, in their order, of length 1 (so that a dot product is the cosine). Faults as for `object`. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]>;
}

export interface ObjectRequest<T> {
  readonly profile?: string;
  /** What the model is to be and do. */
  readonly system: string;
  /** What it is about: never taken for instructions by us, but a model may; say in `system` what it is. */
  readonly user: string;
  /** Names the shape for providers that check it themselves: letters, digits and underscores. */
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** Default: the profile's. */
  readonly maxOutputTokens?: number;
}

export interface ObjectAnswer<T> {
  readonly value: T;
  readonly model: string;
  readonly usage: Usage;
}

/** In tokens, over all attempts of the call. */
export interface Usage {
  readonly input: number;
  readonly output: number;
}

export const LLM: Token<Llm> = token<Llm>('llm');
