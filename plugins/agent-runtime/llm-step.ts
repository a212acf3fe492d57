import { isFault, reason } from '#kernel';
import type { ContextWindow, Fitted } from '#plugins/context/api';
import type { ChatAnswer, ChatDelta, Llm, ToolSchema } from '#plugins/llm/api';
import type { Guard } from './api.ts';
import type { Emit } from './emit.ts';
import { native } from './protocol/native.ts';
import type { Decision, Protocol } from './protocol/protocol.ts';
import { text } from './protocol/text.ts';
import { StopRun } from './stop-run.ts';

const RETRIES = 2;
const TOO_SMALL = 2;

export interface LlmStepParts {
  readonly run: string;
  readonly llm: Llm;
  readonly profile: string;
  readonly temperature: number;
  readonly guard: Guard;
  readonly emit: Emit;
  /** auto: text where the model refuses tools. */
  readonly protocol: 'auto' | 'native' | 'text';
  readonly onProtocol: (name: string) => void;
}

export interface Thought {
  readonly answer: ChatAnswer;
  readonly decision: Decision;
  readonly fitted: Fitted;
}

export interface Asking {
  readonly system: string;
  readonly tools: readonly ToolSchema[];
  readonly facts: readonly string[];
}

/** One call of the model: the window is made to fit, the answer streams past the guard, and is read. */
export class LlmStep {
  readonly #parts: LlmStepParts;
  #protocol: Protocol;
  /** Of the newest request. */
  #tokens = 0;

  constructor(parts: LlmStepParts) {
    this.#parts = parts;
    this.#protocol = parts.protocol === 'text' ? text : native;
  }

  async think(window: ContextWindow, asking: Asking, signal: AbortSignal): Promise<Thought> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(window, asking, signal);
      } catch (error) {
        if (attempt > RETRIES || !isFault(error) || error.code !== 'LLM_REFUSED') throw error;
        // The model's window is smaller than it was taken for: the same request counts for more from now on.
        if (error.data.contextOverflow === true) window.observed(Math.ceil(this.#tokens * TOO_SMALL));
        else if (!this.#maySwitch(error.message)) throw error;
      }
    }
  }

  /** A model that knows no tools is spoken to in the text protocol from then on. */
  #maySwitch(message: string): boolean {
    if (this.#parts.protocol !== 'auto' || this.#protocol === text || !/\btools?\b|function.?call/i.test(message))
      return false;
    this.#protocol = text;
    this.#parts.onProtocol('text');
    return true;
  }

  async #once(window: ContextWindow, { system, tools, facts }: Asking, signal: AbortSignal): Promise<Thought> {
    const { run, llm, profile, temperature } = this.#parts;
    const fixed = this.#protocol.fixed(system, tools);
    const fitted = await window.fit(
      { system: fixed.system, tools: fixed.tools.length > 0 ? toolsJson(fixed.tools) : '', facts },
      signal,
    );
    this.#tokens = fitted.tokens;
    const chanting = new AbortController();
    try {
      const answer = await llm.chat(
        {
          profile,
          system: fixed.system,
          messages: this.#protocol.messages(fitted.messages),
          tools: fixed.tools,
          temperature,
          run,
          onDelta: (delta) => this.#streams(delta, chanting),
        },
        AbortSignal.any([signal, chanting.signal]),
      );
      if (answer.usage.input > 0) window.observed(answer.usage.input);
      return { answer, decision: this.#protocol.read(answer), fitted };
    } catch (error) {
      if (chanting.signal.aborted && !signal.aborted) throw chanting.signal.reason;
      throw error;
    }
  }

  #streams(delta: ChatDelta, chanting: AbortController): void {
    const { guard, emit } = this.#parts;
    if (delta.type !== 'text' && delta.type !== 'reasoning') return;
    emit({ type: delta.type, delta: delta.text });
    const { verdict, kind, message } = guard.stream(delta.text);
    if (verdict !== 'stop') return;
    chanting.abort(
      new StopRun('stuck', message ?? 'the model repeats itself', { ...(kind !== undefined && { code: kind }) }),
    );
  }
}

/** Made once for each list. */
const made = new WeakMap<readonly ToolSchema[], string>();
function toolsJson(tools: readonly ToolSchema[]): string {
  let json = made.get(tools);
  if (json === undefined) {
    json = JSON.stringify(tools);
    made.set(tools, json);
  }
  return json;
}

/** A failure of the model as the end of a run that may be gone on with. */
export function modelStop(error: unknown): StopRun | undefined {
  if (!isFault(error)) return undefined;
  if (error.code === 'CONTEXT_OVERFLOW')
    return new StopRun('context_overflow', reason(error), { code: String(error.data.cause ?? error.code) });
  if (!error.code.startsWith('LLM_')) return undefined;
  const hint = error.hint === undefined ? '' : ` (${error.hint})`;
  return new StopRun('error', `${error.message}${hint}`, { code: error.code }, error.code !== 'LLM_NOT_CONFIGURED');
}
