/** Whose tokens are estimated. The order is that of the columns in weights.ts. */
export const TOKENIZERS = ['o200k', 'cl100k', 'claude2', 'qwen3', 'llama3', 'deepseek', 'gemma2'] as const;
export type Tokenizer = (typeof TOKENIZERS)[number];

/** First match wins: a distilled model has the tokenizer of what it was distilled into, so those names stand first. */
const BY_NAME: readonly (readonly [RegExp, Tokenizer])[] = [
  [/claude/, 'claude2'],
  [/qwen|qwq|glm-?[4-9]/, 'qwen3'],
  [/llama-?v?[12]\b/, 'gemma2'],
  [/llama|hermes-3/, 'llama3'],
  [/deepseek/, 'deepseek'],
  [/gemma|gemini|palm/, 'gemma2'],
  [/gpt-?(?:4o|4\.1|4\.5|5|oss)|chatgpt-4o|(?:^|\/)o[1-9]\b/, 'o200k'],
  [/gpt-?(?:4|3\.5|35)|text-embedding-(?:3|ada-002)|phi-?4(?!-mini)/, 'cl100k'],
];

/** Guessed from a model's name, with or without the provider before it; o200k where nothing is known. */
export function tokenizerOf(model: string): Tokenizer {
  const name = model.toLowerCase();
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 'o200k';
}
