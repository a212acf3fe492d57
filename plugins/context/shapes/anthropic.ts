export type { AnthropicBlock, AnthropicHistory, AnthropicMessage } from './anthropic-wire.ts';
export { fromAnthropic } from './from-anthropic.ts';
export { toAnthropic } from './to-anthropic.ts';
