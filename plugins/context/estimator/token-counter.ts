import type { Message, Part } from '../message.ts';
import { estimateTokens } from './estimate.ts';
import { mediaTokens } from './media.ts';
import { TextCache } from './text-cache.ts';
import type { Tokenizer } from './tokenizers.ts';

/** What providers put around each message, and around each call with its answer. */
const PER_MESSAGE = 4;
const PER_CALL = 10;

export interface TokenCounterOptions {
  /** Default: o200k. */
  readonly tokenizer?: Tokenizer;
  /** How many texts it remembers at most, the ones used last; default 4,096. */
  readonly entries?: number;
}

/**
 * The `MessageCounter` of the door. Counts histories that are counted again at each step: every text is estimated once, every message object is added up once.
 * What it remembers is the estimate itself, so that a cached count is always the uncached one.
 */
export class TokenCounter {
  readonly tokenizer: Tokenizer;
  readonly #texts: TextCache;
  /** Messages are never changed, so the object itself is the key; it spares even the look-ups of its texts. */
  readonly #messages = new WeakMap<Message, number>();

  constructor({ tokenizer = 'o200k', entries = 4096 }: TokenCounterOptions = {}) {
    this.tokenizer = tokenizer;
    this.#texts = new TextCache(entries, (text) => estimateTokens(text, tokenizer));
  }

  text(text: string): number {
    return this.#texts.get(text);
  }

  message(message: Message): number {
    let tokens = this.#messages.get(message);
    if (tokens === undefined) {
      tokens = PER_MESSAGE;
      for (const part of message.parts) tokens += this.#part(part);
      this.#messages.set(message, tokens);
    }
    return tokens;
  }

  messages(messages: readonly Message[]): number {
    let tokens = 0;
    for (const message of messages) tokens += this.message(message);
    return tokens;
  }

  #part(part: Part): number {
    switch (part.type) {
      case 'tool':
        return PER_CALL + this.text(part.name) + this.text(part.args) + this.text(part.output ?? '');
      case 'media':
        return mediaTokens(part, this.tokenizer);
      default:
        return this.text(part.text);
    }
  }
}
