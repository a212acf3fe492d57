import { type Token, token } from '#kernel';
import type { Message, PrunedOutput } from './message.ts';

export { estimateTokens } from './estimator/estimate.ts';
export { TokenCounter } from './estimator/token-counter.ts';
export { TOKENIZERS, type Tokenizer } from './estimator/tokenizers.ts';
export type {
  MediaPart,
  Message,
  MessageKind,
  Part,
  PrunedOutput,
  ReasoningPart,
  TextPart,
  ToolPart,
} from './message.ts';
export { newestOfPerson, taskOf } from './message.ts';
export { answerable } from './shapes/answerable.ts';
export { fromAnthropic, toAnthropic } from './shapes/anthropic.ts';
export { fromOpenAi, toOpenAi } from './shapes/openai.ts';
export { sendable } from './shapes/sendable.ts';

/** Keeps histories in shape: counts tokens, and compresses by a chain of strategies when a window fills. */
export interface Context {
  /** A history of its own. `messages`: what it begins with (a run that is resumed). */
  open(options: WindowOptions): ContextWindow;
  /** The whole of an output that was masked, byte for byte, also after a restart. Fault PRUNED_UNKNOWN (`not_found`). */
  readPruned(id: string): Promise<string>;
  /** Keeps an output so that `readPruned` finds it; durable when it resolves. */
  keep(output: string): Promise<PrunedOutput>;
}

export interface WindowOptions {
  readonly messages?: readonly Message[];
  /** Whose usage and money it is where a model summarises. */
  readonly run?: string;
  /** The model's tokenizer; default: guessed from its name, o200k where nothing is known. */
  readonly model?: string;
  /** What the model takes at most, input and output together, in tokens; default: the configuration's `windowTokens`. */
  readonly windowTokens?: number;
  /** Kept free for the answer; default: the configuration's. */
  readonly answerTokens?: number;
  /** Told of each compression that took effect or was discarded. */
  readonly onCompressed?: (edit: CompressionEdit) => void;
}

/**
 * The history of one run, and how full its window is. It outlives the generation of the plugin that opened it: each `fit`
 * goes by the configuration, the strategies and the code that serve at that moment, so whoever holds a window need not open
 * another when the plugin is swapped. Messages are frozen when they come in.
 */
export interface ContextWindow {
  /** Another array after each change; the one that was read stays as it is. */
  readonly messages: readonly Message[];
  /** Faults: MESSAGE_TWICE (`conflict`), where its id is there already; WINDOW_BUSY (`conflict`), during `fit`. */
  add(message: Message): void;
  /**
   * Puts another message in the place of the one with the same id: tool results that came in. Faults: MESSAGE_UNKNOWN
   * (`not_found`), WINDOW_BUSY (`conflict`).
   */
  replace(message: Message): void;
  /**
   * Makes the history fit for the next request: where system prompt, tools and messages are above `triggerShare` of what a
   * request may have (the window less the answer), the strategies of `compress` edit the messages in their order, until
   * `enoughShare` is reached. What could not be brought there but fits is sent as it is. Faults: CONTEXT_OVERFLOW
   * (`too_large`; `data.cause` is `system`, `tools` or `tail`, beside the figures), where the request is larger than it may
   * be and nothing more was cut; WINDOW_BUSY; the signal's reason.
   */
  fit(fixed: FixedPrompt, signal?: AbortSignal): Promise<Fitted>;
  /** What the provider counted for the request that `fit` made ready: the next estimates are anchored on it. */
  observed(inputTokens: number): void;
  /** A real user message came: limits on summaries begin anew. */
  turn(): void;
}

/** What every request carries besides the messages. Counted once for each text. */
export interface FixedPrompt {
  readonly system: string;
  /** JSON of the tool definitions as they are sent. */
  readonly tools: string;
  /** Texts that every summary must hold, word for word: facts, decisions, names of active skills. */
  readonly facts?: readonly string[];
}

export interface Fitted {
  readonly messages: readonly Message[];
  /** Of the whole request, anchored on what the provider counted before. */
  readonly tokens: number;
  readonly systemTokens: number;
  readonly toolTokens: number;
  readonly edits: readonly CompressionEdit[];
}

export interface CompressionEdit {
  /** The strategy's name in YAML. */
  readonly strategy: string;
  readonly before: number;
  readonly after: number;
  /** False: its result was discarded, `why` says for what reason. */
  readonly taken: boolean;
  readonly why?: string;
  readonly durationMs: number;
}

/**
 * A strategy that makes a history shorter; a plugin provides it under the name that YAML uses
 * (`provides: { mine: many(COMPRESSOR, 'mine') }`). It returns the history itself, untouched, or a new one in which the first
 * message that is not of the system is the user's, the message of kind `task` and the newest message of a person are there,
 * and no call is without its answer. Whatever breaks one of these, or does not shrink, is discarded by the window.
 */
export interface Compressor {
  /** Why it can do nothing as things are, such as that it needs a model; shown in the status. Undefined: nothing is amiss. */
  readonly lacks?: string | undefined;
  compress(history: readonly Message[], job: CompressionJob): Promise<readonly Message[]>;
}

export interface CompressionJob {
  /** What the messages are to have, in tokens as `counter` counts; system prompt and tools are subtracted already. */
  readonly targetTokens: number;
  readonly counter: MessageCounter;
  /** Names of tools whose outputs stay as they are. */
  readonly protectedTools: ReadonlySet<string>;
  /** Texts that a summary must hold, word for word. */
  readonly facts: readonly string[];
  /** Keeps an output so that `Context.readPruned` finds it; durable when it resolves. */
  keep(output: string): Promise<{ readonly id: string; readonly bytes: number }>;
  /**
   * Takes one of the summaries that a user turn may have, whether it succeeds or not. False: they are used up, and no model
   * is to be called.
   */
  takeSummary(): boolean;
  /** Whose usage and money it is. */
  readonly run?: string;
  readonly signal: AbortSignal;
}

/** Estimates, in tokens. */
export interface MessageCounter {
  text(text: string): number;
  message(message: Message): number;
  messages(messages: readonly Message[]): number;
}

export const COMPRESSOR: Token<Compressor> = token<Compressor>('context.compressor');
export const CONTEXT: Token<Context> = token<Context>('context');
