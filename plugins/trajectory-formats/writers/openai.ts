import type { ImportedRun, RunWriter } from '../api.ts';
import { functionName, functionOf } from './function-name.ts';
import { jsonLines } from './json-lines.ts';
import { metadataOf } from './metadata.ts';
import { paired, type Turn } from './paired.ts';

/** Chat messages as OpenAI's APIs (and what trains models with them) take them: `messages`, `tools`, and `metadata` apart. */
export const openaiWriter = (path: string): Promise<RunWriter> => jsonLines(path, conversationOf);

const conversationOf = (run: ImportedRun): unknown => ({
  messages: paired(run).flatMap(messagesOf),
  ...(run.toolDefinitions && { tools: run.toolDefinitions.map(functionOf) }),
  metadata: metadataOf(run),
});

function messagesOf({ message: { role, text, reasoning }, calls }: Turn): readonly unknown[] {
  if (role !== 'assistant') return [{ role, content: text }];
  const said = {
    role,
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning && { reasoning_content: reasoning }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ id, call }) => ({
        id,
        type: 'function',
        function: { name: functionName(call.tool), arguments: JSON.stringify(call.args) },
      })),
    }),
  };
  return [said, ...calls.map(({ id, result }) => ({ role: 'tool', tool_call_id: id, content: result }))];
}
