export { fromOpenAi } from './from-openai.ts';
export type { OpenAiCall, OpenAiMessage, OpenAiPart } from './openai-wire.ts';
export { toOpenAi } from './to-openai.ts';
