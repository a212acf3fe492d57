import { fromOpenAi, type Part } from '#plugins/context/api';
import type { ChatAnswer, ChatDelta, Usage } from '../api.ts';
import { callId } from '../call-id.ts';
import type { Said } from '../provider.ts';
import { CallAssembly, type CallDelta } from './call-assembly.ts';
import { type ReportedUsage, usageFrom } from './usage.ts';

/** A chunk of a stream, or a whole answer, as endpoints really send them. */
export interface Chunk {
  readonly choices?: readonly Choice[] | null;
  readonly usage?: ReportedUsage | null;
  readonly x_groq?: { readonly usage?: ReportedUsage } | null;
}
interface Choice {
  readonly delta?: Delta | null;
  readonly message?: Delta | null;
  readonly finish_reason?: string | null;
}
interface Delta {
  readonly content?: unknown;
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly tool_calls?: readonly CallDelta[] | null;
  readonly function_call?: CallDelta['function'] | null;
}

/** Puts a message together out of its pieces. */
export class Assembly {
  readonly #tell: (delta: ChatDelta) => void;
  readonly #calls: CallAssembly;
  #content = '';
  #refusal = '';
  #thoughts = '';
  #thoughtsMember: 'reasoning_content' | 'reasoning' = 'reasoning_content';
  #reason: string | undefined;
  usage: Usage | undefined;

  constructor(tell: (delta: ChatDelta) => void) {
    this.#tell = tell;
    this.#calls = new CallAssembly((name) => tell({ type: 'call', name }));
  }

  take({ choices, usage, x_groq }: Chunk): void {
    // Some report at the end, others what it is so far in each chunk.
    const counted = usage ?? x_groq?.usage;
    if (counted) this.usage = usageFrom(counted) ?? this.usage;
    const choice = choices?.[0];
    const delta = choice?.delta ?? choice?.message;
    if (delta) this.#add(delta);
    if (choice?.finish_reason) this.#reason = choice.finish_reason;
  }

  #add({ content, refusal, reasoning_content, reasoning, tool_calls, function_call }: Delta): void {
    const thought = reasoning_content || reasoning;
    if (thought) {
      if (!reasoning_content && this.#thoughts === '') this.#thoughtsMember = 'reasoning';
      this.#thoughts += thought;
      this.#tell({ type: 'reasoning', text: thought });
    }
    const text = textOf(content);
    this.#content += text;
    this.#refusal += refusal ?? '';
    if (text || refusal) this.#tell({ type: 'text', text: text || refusal! });
    for (const call of tool_calls ?? []) this.#calls.add(call);
    if (function_call) this.#calls.add({ index: 0, function: function_call });
  }

  /** undefined: it is not at its end. */
  get finish(): ChatAnswer['finish'] | undefined {
    if (this.#reason === undefined) return undefined;
    if (this.#reason === 'length' || this.#reason === 'max_tokens') return 'length';
    if (this.#reason === 'content_filter' || this.#refusal !== '') return 'refused';
    return this.#calls.all.length > 0 ? 'tools' : 'stop';
  }

  get parts(): readonly Part[] {
    const calls = this.#calls.all.map(({ id, name, args, more }) => ({
      ...more,
      id: id || callId(),
      type: 'function',
      function: { name, arguments: args },
    }));
    const [message] = fromOpenAi([
      {
        role: 'assistant',
        content: this.#content,
        ...(this.#thoughts !== '' && { [this.#thoughtsMember]: this.#thoughts }),
        ...(this.#refusal !== '' && { refusal: this.#refusal }),
        ...(calls.length > 0 && { tool_calls: calls }),
      },
    ]);
    return message!.parts;
  }

  get said(): Said | undefined {
    const { finish, parts, usage } = this;
    return finish && { finish, parts, usage };
  }
}

/** Text, or a list of parts with text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : '')).join('');
}
