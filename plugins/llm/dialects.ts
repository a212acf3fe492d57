import type { Profile } from './profiles.ts';

/** What an endpoint takes of that in which endpoints and models differ. */
export interface Dialect {
  form: 'schema' | 'object' | 'text';
  maxTokens: 'max_tokens' | 'max_completion_tokens';
  temperature: boolean;
  /** `stream_options`, which ask for usage. */
  streamOptions: boolean;
  /** Thoughts of earlier steps sent back. */
  reasoning: boolean;
}

const WEAKER = { schema: 'object', object: 'text', text: undefined } as const;

/** Learns from refusals, so that no request is refused twice for the same reason. */
export class Dialects {
  readonly #known = new Map<string, Dialect>();

  of({ provider, address, model, json, sendReasoning }: Profile): Dialect {
    const key = `${provider} ${address} ${model}`;
    let dialect = this.#known.get(key);
    if (dialect === undefined) {
      const isOpenAi = new URL(address).hostname.endsWith('openai.com');
      dialect = {
        form: json,
        maxTokens: isOpenAi ? 'max_completion_tokens' : 'max_tokens',
        temperature: true,
        streamOptions: true,
        reasoning: !(isOpenAi && sendReasoning === 'turn'),
      };
      this.#known.set(key, dialect);
    }
    return dialect;
  }

  /** True where the refusal taught something: ask again at once. Each lesson is learnt once, so this ends. */
  learn(dialect: Dialect, error: unknown): boolean {
    const { status, message } = (error ?? {}) as { readonly status?: unknown; readonly message?: unknown };
    if (status !== 400 && status !== 422) return false;
    const said = String(message);
    const weaker = WEAKER[dialect.form];
    if (weaker !== undefined && /response_format|json_schema|json_object|tool_choice/i.test(said)) {
      dialect.form = weaker;
      return true;
    }
    if (dialect.maxTokens === 'max_tokens' && /max_completion_tokens/.test(said)) {
      dialect.maxTokens = 'max_completion_tokens';
      return true;
    }
    if (dialect.streamOptions && /stream_options|include_usage/.test(said)) {
      dialect.streamOptions = false;
      return true;
    }
    if (dialect.temperature && /temperature/.test(said)) {
      dialect.temperature = false;
      return true;
    }
    if (dialect.reasoning && /reasoning(?:_content)?\b/.test(said) && !/effort/.test(said)) {
      dialect.reasoning = false;
      return true;
    }
    return false;
  }
}
