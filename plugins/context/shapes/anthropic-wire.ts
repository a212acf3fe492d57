/** A message of the Messages API. Members that are not named here are kept. https://docs.anthropic.com/en/api/messages */
export interface AnthropicMessage {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: string | readonly AnthropicBlock[];
  readonly [member: string]: unknown;
}

/** text, image, document, thinking, redacted_thinking, tool_use, tool_result and others. */
export interface AnthropicBlock {
  readonly type: string;
  readonly [member: string]: unknown;
}

export interface AnthropicHistory {
  readonly system?: string | readonly AnthropicBlock[];
  readonly messages: readonly AnthropicMessage[];
}
