import type { z } from 'zod';
import { type Token, token } from '#kernel';
import type { Message, ReasoningPart, TextPart } from '#plugins/context/api';

/**
 * Language models behind one interface. What is configured are **profiles** by name (`default`, and others such as `fast`
 * or `strong`), so that plugins may use different models; an unknown name, or none, means `default`.
 */
export interface Llm {
  /** The model of a profile; undefined where none is configured, and then calls fault with LLM_NOT_CONFIGURED. */
  model(profile?: string): string | undefined;
  /** Names of the profiles that are configured, `default` first. */
  readonly profiles: readonly string[];
  /**
   * A value that fits the schema. An answer that is no JSON, or does not fit, is repaired or asked for again with what was
   * wrong. Faults: LLM_NOT_CONFIGURED, LLM_REFUSED (key, model or request), LLM_LIMITED (rate or money, after retries),
   * LLM_UNAVAILABLE (network, 5xx, time), LLM_ANSWER_INVALID.
   */
  object<T>(request: ObjectRequest<T>, signal?: AbortSignal): Promise<ObjectAnswer<T>>;
  /**
   * The next message of a conversation, streamed. Faults as for `object`, and LLM_CUT_OFF (`unavailable`; `data.text` is
   * what came) where the stream ends in the middle and a retry did not help. LLM_REFUSED with `data.contextOverflow`
   * (`too_large`): the history is too long for the model.
   */
  chat(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer>;
  /** The model that embeds; undefined where none is configured, and then `embed` faults with LLM_NOT_CONFIGURED. */
  readonly embeddingModel: string | undefined;
  /** One vector a text, in their order, of length 1 (so that a dot product is the cosine). Faults as for `object`. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]>;
  /** US dollars that such usage costs; undefined where the profile's model has no price. */
  price(usage: Usage, profile?: string): number | undefined;
  /** What was used since the start: by model, or by a `run` that requests named. */
  spent(of: { readonly run?: string; readonly model?: string }): Spending;
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
  /** Whose usage and money it counts as. */
  readonly run?: string;
}

export interface ObjectAnswer<T> {
  readonly value: T;
  readonly model: string;
  readonly usage: Usage;
  /** US dollars; undefined where `config/prices.yaml` does not know the model. */
  readonly usd?: number;
}

export interface ChatRequest {
  readonly profile?: string;
  readonly system: string;
  readonly messages: readonly Message[];
  /** Empty: none. */
  readonly tools: readonly ToolSchema[];
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly run?: string;
  /** What comes, while it comes. After a retry the text begins again: `restart`. */
  readonly onDelta?: (delta: ChatDelta) => void;
}

/** A tool as the model sees it; `name` is at most 64 of A-Z a-z 0-9 _ -. */
export interface ToolSchema {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export type ChatDelta =
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  | { readonly type: 'call'; readonly name: string }
  | { readonly type: 'restart' };

export interface ChatAnswer {
  /** In the order in which the model said them. */
  readonly parts: readonly (TextPart | ReasoningPart | ToolCall)[];
  /** length: cut at the longest answer. refused: the provider's filter. */
  readonly finish: 'stop' | 'tools' | 'length' | 'refused';
  readonly model: string;
  readonly usage: Usage;
  readonly usd?: number;
  /** How often it was asked, with retries. */
  readonly attempts: number;
  readonly durationMs: number;
}

/** A call that the model wants made. */
export interface ToolCall {
  readonly type: 'call';
  /** Unique for ever: the provider's where it can be trusted to be, else made up. */
  readonly call: string;
  readonly name: string;
  /** Arguments as JSON text of an object, repaired where that was possible. */
  readonly args: string;
  /** Why `args` could not be read: told to the model as the call's error. `args` is then what it wrote, as a JSON string. */
  readonly problem?: string;
  /** What the provider wants to see again with the call, for `ToolPart.extra`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** In tokens, over all attempts of the call. `input` includes what was read from and written to the provider's cache. */
export interface Usage {
  readonly input: number;
  /** Includes reasoning. */
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
  /** The endpoint did not report all of it. */
  readonly estimated?: boolean;
}

export interface Spending extends Required<Omit<Usage, 'estimated'>> {
  readonly calls: number;
  /** US dollars, of the calls whose model has a price. */
  readonly usd: number;
  /** Calls whose model has none. */
  readonly unpriced: number;
}

export const LLM: Token<Llm> = token<Llm>('llm');
