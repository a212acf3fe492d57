import type { Message, ReasoningPart, TextPart } from '#plugins/context/api';
import type { ChatAnswer, ToolCall, ToolSchema } from '#plugins/llm/api';

/** How a model is told of tools and tells its calls. */
export interface Protocol {
  readonly name: 'native' | 'text';
  /** What every request carries, besides the messages. */
  fixed(
    system: string,
    tools: readonly ToolSchema[],
  ): { readonly system: string; readonly tools: readonly ToolSchema[] };
  messages(history: readonly Message[]): readonly Message[];
  read(answer: ChatAnswer): Decision;
}

/** What the model decided. Without calls it is the answer, unless `unfinished`. */
export interface Decision {
  readonly parts: readonly (TextPart | ReasoningPart)[];
  readonly calls: readonly ToolCall[];
  /** It did not say that it is done: a new plan, or nothing that could be read; `why` goes back to it. */
  readonly unfinished?: string;
}
