import { contentText } from './content.ts';
import { isObject, type JsonObject, objectOf } from './members.ts';

/** Content of a message with the AI SDK's calls and results (`tool-call`, `tool-result`) as blocks of Anthropic's API. */
export const withBlocks = (content: unknown): unknown =>
  Array.isArray(content) && content.some(isSdkPart)
    ? content.map((part) => (isSdkPart(part) ? blockOf(part) : part))
    : content;

const isSdkPart = (part: unknown): part is JsonObject =>
  isObject(part) && (part.type === 'tool-call' || part.type === 'tool-result');

function blockOf({
  type,
  toolCallId: id,
  toolName: name,
  args,
  input,
  result,
  output,
  isError,
}: JsonObject): JsonObject {
  if (type === 'tool-call') return { type: 'tool_use', id, name, input: args ?? input };
  const { type: kind, value } = objectOf(output);
  const typed = typeof kind === 'string' && value !== undefined;
  const said = typed ? value : (result ?? output);
  return {
    type: 'tool_result',
    tool_use_id: id,
    content: typeof said === 'string' || Array.isArray(said) ? contentText(said) : JSON.stringify(said ?? ''),
    ...((typeof isError === 'boolean' || typed) && { is_error: isError === true || /^error/.test(String(kind)) }),
  };
}
