/**
 * The one message model. A call and its result are one part, so that no edit of a history can tear them apart. Messages and
 * parts are never changed: an edit is a new object.
 */
export interface Message {
  /** Unique within its history. */
  readonly id: string;
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly Part[];
  /** ms since 1970. */
  readonly at: number;
  /** Default: what the user or the model really said. `task` is the first user message, and is never taken away. */
  readonly kind?: MessageKind;
  /** Members of a provider's message that the model has no place for, by provider: `openai`, `anthropic`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}
/** summary: of earlier messages. notice: of the runtime, not of a person (a nudge, new tools, answers to a clarification). */
export type MessageKind = 'task' | 'summary' | 'notice';

export type Part = TextPart | ReasoningPart | ToolPart | MediaPart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  /** Anthropic: proves that the text is the model's own; sent back unchanged. */
  readonly signature?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}
/** A tool call of an assistant message, and what came of it. */
export interface ToolPart {
  readonly type: 'tool';
  /** The call's id, given by the provider; unique within a history. */
  readonly call: string;
  readonly name: string;
  /** The arguments as the model wrote them: JSON text, after repair where it was needed. */
  readonly args: string;
  /** pending: not answered yet. A provider takes no history with one, but as its last message while calls run. */
  readonly state: 'pending' | 'done' | 'error';
  /** What the model is told; absent while pending. */
  readonly output?: string;
  /** Where `output` was masked to save room: the whole of it, by id. */
  readonly pruned?: PrunedOutput;
  /** ms since 1970. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}
export interface PrunedOutput {
  /** For `read_pruned`: the sha256 of the output in hex, shortened to 16 digits. */
  readonly id: string;
  readonly bytes: number;
}
/** An image, a sound, a document; tokens by the provider's rule, never by its length in base64. */
export interface MediaPart {
  readonly type: 'media';
  readonly mediaType: string;
  /** Base64. One of `data` and `url` is given. */
  readonly data?: string;
  readonly url?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The message that is never taken away: of kind `task`, or the first of a user where none is. */
export const taskOf = (messages: readonly Message[]): Message | undefined =>
  messages.find(({ kind }) => kind === 'task') ?? messages.find(isOfPerson);

/** The newest message that a person wrote. */
export const newestOfPerson = (messages: readonly Message[]): Message | undefined => messages.findLast(isOfPerson);

const isOfPerson = ({ role, kind }: Message): boolean => role === 'user' && (kind === undefined || kind === 'task');
