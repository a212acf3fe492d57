/**
 * A message of the chat completions API and its many imitations. Members that are not named here are kept as they are.
 * https://platform.openai.com/docs/api-reference/chat
 */
export interface OpenAiMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  readonly content?: string | readonly OpenAiPart[] | null;
  readonly refusal?: string | null;
  /** DeepSeek, Qwen, vLLM, llama.cpp. */
  readonly reasoning_content?: string | null;
  /** OpenRouter, Ollama, newer vLLM. */
  readonly reasoning?: string | null;
  readonly tool_calls?: readonly OpenAiCall[] | null;
  readonly tool_call_id?: string;
  /** Before there were `tool_calls`; answered by the role `function`. */
  readonly function_call?: OpenAiFunction | null;
  readonly name?: string;
  readonly [member: string]: unknown;
}

/** Members that hold what a model thought. */
export const REASONING = ['reasoning_content', 'reasoning'] as const;

export interface OpenAiPart {
  readonly type: string;
  readonly [member: string]: unknown;
}

export interface OpenAiFunction {
  readonly name: string;
  /** JSON text; some endpoints and data sets have the object itself. */
  readonly arguments?: unknown;
  readonly [member: string]: unknown;
}

export interface OpenAiCall {
  readonly id?: string;
  readonly type?: string;
  readonly function?: OpenAiFunction;
  readonly custom?: { readonly name: string; readonly input: string };
  readonly [member: string]: unknown;
}
