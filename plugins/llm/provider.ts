import type { Part } from '#plugins/context/api';
import type { ChatAnswer, ChatDelta, ChatRequest, Usage } from './api.ts';
import type { Dialect } from './dialects.ts';
import type { Profile } from './profiles.ts';

/** A request, in words that know no protocol. */
export interface Question extends Pick<ChatRequest, 'system' | 'messages' | 'tools' | 'temperature'> {
  readonly maxOutputTokens: number;
  /** The answer is to be an object of this shape, and is not streamed. */
  readonly shape?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
}

/** One try to have it answered. */
export interface Attempt {
  readonly profile: Profile;
  /** What this endpoint takes. */
  readonly dialect: Readonly<Dialect>;
  readonly signal: AbortSignal;
  /** Bytes came. */
  readonly alive: () => void;
  readonly tell: (delta: ChatDelta) => void;
}

export interface Said {
  /** Calls are pending, with arguments as the model wrote them. */
  readonly parts: readonly Part[];
  readonly finish: ChatAnswer['finish'];
  /** What the endpoint counted; undefined where it reports nothing. */
  readonly usage: Usage | undefined;
}

export type Provider = (question: Question, attempt: Attempt) => Promise<Said>;

/** A stream ended in the middle. */
export class CutOff extends Error {
  readonly parts: readonly Part[];
  readonly usage: Usage | undefined;

  constructor({ parts, usage }: Omit<Said, 'finish'>, cause: unknown) {
    super('the answer ended in the middle', { cause });
    this.parts = parts;
    this.usage = usage;
  }
}
