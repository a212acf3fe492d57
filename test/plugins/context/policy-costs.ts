import type { Message, MessageCounter } from '#plugins/context/api';

/** A provider's prices, in parts of a plain input token. */
const READ = 0.1;
const WRITE = 1.25;

/** One request after the other: what of each a provider's cache holds is the longest common prefix with the last. */
export class Costs {
  input = 0;
  cached = 0;
  cost = 0;
  #last: readonly (readonly [key: unknown, tokens: number])[] = [];

  request(prompt: readonly (readonly [key: unknown, tokens: number])[]): void {
    let same = true;
    for (const [index, [key, tokens]] of prompt.entries()) {
      same &&= this.#last[index]?.[0] === key;
      this.input += tokens;
      if (same) this.cached += tokens;
      this.cost += tokens * (same ? READ : WRITE);
    }
    this.#last = prompt;
  }

  /** A call of a model for a summary: nothing of it is cached. */
  summary(tokens: number): void {
    this.cost += tokens;
  }

  get cachedShare(): number {
    return this.cached / this.input;
  }
}

/**
 * The policy that many agents begin with, to compare with: nothing below 80 % of what is available, then as much as fits
 * into all of it, newest first, message by message; the system prompt is not counted, and the first message not kept.
 */
export function cutToTheBrim(messages: readonly Message[], available: number, counter: MessageCounter): Message[] {
  if (counter.messages(messages) <= 0.8 * available) return [...messages];
  const kept: Message[] = [];
  let total = 0;
  for (const message of messages.toReversed()) {
    const tokens = counter.message(message);
    if (total + tokens > available) break;
    kept.unshift(message);
    total += tokens;
  }
  return kept;
}
