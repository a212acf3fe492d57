import type { ImportedRun, RunWriter } from '../api.ts';
import { functionName, functionOf } from './function-name.ts';
import { jsonLines } from './json-lines.ts';
import { metadataOf } from './metadata.ts';
import { paired, type Turn } from './paired.ts';

/**
 * `conversations` of human, gpt, function_call and observation, with `system` and `tools` (JSON as text) beside them. Calls
 * that were made at once come one after another, each with its observation, for readers that know one at a time.
 */
export const sharegptWriter = (path: string): Promise<RunWriter> => jsonLines(path, conversationOf);

function conversationOf(run: ImportedRun): unknown {
  const turns = paired(run);
  const system = turns[0]?.message.role === 'system' ? turns[0].message.text : undefined;
  return {
    id: run.id,
    conversations: turns.slice(system === undefined ? 0 : 1).flatMap(spoken),
    ...(system !== undefined && { system }),
    ...(run.toolDefinitions && { tools: JSON.stringify(run.toolDefinitions.map((one) => functionOf(one).function)) }),
    metadata: metadataOf(run),
  };
}

function spoken({ message: { role, text, reasoning }, calls }: Turn): readonly unknown[] {
  if (role !== 'assistant') return [{ from: role === 'system' ? 'system' : 'human', value: text }];
  const thought = reasoning ? `<think>\n${reasoning}\n</think>\n` : '';
  return [
    ...(text === '' && thought === '' && calls.length > 0 ? [] : [{ from: 'gpt', value: `${thought}${text}` }]),
    ...calls.flatMap(({ call, result }) => [
      { from: 'function_call', value: JSON.stringify({ name: functionName(call.tool), arguments: call.args }) },
      { from: 'observation', value: result },
    ]),
  ];
}
