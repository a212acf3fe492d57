import { fromAnthropic, type Part } from '#plugins/context/api';
import type { ChatAnswer, ChatDelta, Usage } from '../api.ts';
import { callId } from '../call-id.ts';
import type { Said } from '../provider.ts';
import { usageOf } from '../usage.ts';

/** A block while it comes. */
interface Block {
  readonly type: string;
  readonly [member: string]: unknown;
}
interface ReportedUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens_details?: { readonly thinking_tokens?: number } | null;
}

/** An event of a stream, as far as it is read. */
export interface StreamEvent {
  readonly type: string;
  readonly index?: number;
  readonly message?: { readonly usage?: ReportedUsage | null };
  readonly content_block?: Block;
  readonly delta?: {
    readonly type?: string;
    readonly text?: string;
    readonly thinking?: string;
    readonly signature?: string;
    readonly partial_json?: string;
    readonly citation?: unknown;
    readonly stop_reason?: string | null;
  };
  readonly usage?: ReportedUsage | null;
}

const FINISH: Readonly<Record<string, ChatAnswer['finish']>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refused',
};

/** Puts a message together out of its blocks, in whose order they are. */
export class Assembly {
  readonly #tell: (delta: ChatDelta) => void;
  readonly #blocks = new Map<number, Record<string, unknown> & { type: string }>();
  /** Arguments of calls, as text. */
  readonly #args = new Map<number, string>();
  #reason: string | undefined;
  #counted: ReportedUsage | undefined;

  constructor(tell: (delta: ChatDelta) => void) {
    this.#tell = tell;
  }

  take({ type, index = 0, message, content_block, delta, usage }: StreamEvent): void {
    this.#count(message?.usage ?? usage);
    if (type === 'content_block_start' && content_block) this.#begin(index, content_block);
    else if (type === 'content_block_delta' && delta) this.#add(index, delta);
    else if (type === 'message_delta' && delta?.stop_reason) this.#reason = delta.stop_reason;
  }

  /** A whole answer. */
  takeAll(answer: {
    readonly content?: readonly Block[];
    readonly stop_reason?: string | null;
    readonly usage?: ReportedUsage | null;
  }) {
    this.#count(answer.usage);
    for (const [index, block] of (answer.content ?? []).entries()) this.#begin(index, block);
    this.#reason = answer.stop_reason ?? 'end_turn';
  }

  /** Later counts are of the whole, and leave out what did not change. */
  #count(usage: ReportedUsage | null | undefined): void {
    const given = Object.entries(usage ?? {}).filter(([, value]) => value !== null && value !== undefined);
    if (given.length > 0) this.#counted = { ...this.#counted, ...Object.fromEntries(given) };
  }

  #begin(index: number, block: Block): void {
    this.#blocks.set(index, { ...block });
    if (block.type === 'tool_use') this.#tell({ type: 'call', name: String(block.name) });
    else if (block.type === 'text' && block.text) this.#tell({ type: 'text', text: String(block.text) });
    else if (block.type === 'thinking' && block.thinking)
      this.#tell({ type: 'reasoning', text: String(block.thinking) });
  }

  #add(index: number, delta: NonNullable<StreamEvent['delta']>): void {
    const block = this.#blocks.get(index);
    if (block === undefined) return;
    const append = (member: string, piece: string): void => {
      block[member] = String(block[member] ?? '') + piece;
    };
    if (delta.text !== undefined) {
      append('text', delta.text);
      this.#tell({ type: 'text', text: delta.text });
    } else if (delta.thinking !== undefined) {
      append('thinking', delta.thinking);
      this.#tell({ type: 'reasoning', text: delta.thinking });
    } else if (delta.signature !== undefined) append('signature', delta.signature);
    else if (delta.partial_json !== undefined)
      this.#args.set(index, (this.#args.get(index) ?? '') + delta.partial_json);
    else if (delta.citation !== undefined)
      block.citations = [...((block.citations ?? []) as unknown[]), delta.citation];
  }

  get finish(): ChatAnswer['finish'] | undefined {
    if (this.#reason === undefined) return undefined;
    return FINISH[this.#reason] ?? ([...this.#blocks.values()].some(isCall) ? 'tools' : 'stop');
  }

  get parts(): readonly Part[] {
    return [...this.#blocks].sort(([a], [b]) => a - b).flatMap(([index, block]) => this.#partsOf(index, block));
  }

  #partsOf(index: number, block: Block): readonly Part[] {
    const args = this.#args.get(index);
    if (!isCall(block)) {
      // Tools that run at the provider.
      const whole = args === undefined ? block : { ...block, input: parsed(args) };
      if (block.type === 'text' && block.text === '') return [];
      return fromAnthropic({ messages: [{ role: 'assistant', content: [whole] }] })[0]!.parts;
    }
    const call = typeof block.id === 'string' && block.id !== '' ? block.id : callId();
    const written = args === undefined || args === '' ? JSON.stringify(block.input ?? {}) : args;
    return [{ type: 'tool', call, name: String(block.name ?? ''), args: written, state: 'pending' }];
  }

  /** Here `input_tokens` is without what was read from the cache and written to it. */
  get usage(): Usage | undefined {
    const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens_details } =
      this.#counted ?? {};
    const [fresh, output] = [input_tokens ?? 0, output_tokens ?? 0];
    const [read, written] = [cache_read_input_tokens ?? undefined, cache_creation_input_tokens ?? undefined];
    const input = fresh + (read ?? 0) + (written ?? 0);
    if (input === 0 && output === 0) return undefined;
    const reasoning = output_tokens_details?.thinking_tokens;
    return usageOf({ input, output, cacheRead: read, cacheWrite: written, reasoning, estimated: undefined });
  }

  get said(): Said | undefined {
    const { finish, parts, usage } = this;
    return finish && { finish, parts, usage };
  }
}

const isCall = ({ type }: Block): boolean => type === 'tool_use';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
