import { isObject } from './members.ts';

/**
 * Content of a message as one text: a string, or parts as OpenAI, Anthropic, MCP and the GenAI conventions have them. What is
 * no text is named in brackets; reasoning and calls, which have places of their own, are left out.
 */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === undefined || content === null) return '';
  const parts = Array.isArray(content) ? content : [content];
  return parts
    .map(partText)
    .filter((text) => text !== '')
    .join('\n');
}

const ELSEWHERE = new Set(['thinking', 'redacted_thinking', 'reasoning', 'tool_use', 'tool_call', 'function_call']);

function partText(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return part === undefined || part === null ? '' : JSON.stringify(part);
  const type = typeof part.type === 'string' ? part.type : undefined;
  if (type !== undefined && ELSEWHERE.has(type)) return '';
  if (typeof part.text === 'string') return part.text;
  if (typeof part.content === 'string' || Array.isArray(part.content)) return contentText(part.content);
  if (type === undefined) return JSON.stringify(part);
  return `[${type.replace(/^input_|_url$/g, '')}]`;
}
