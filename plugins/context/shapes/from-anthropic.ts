import type { Message } from '../message.ts';
import { isOneText, partOfBlock } from './anthropic-blocks.ts';
import type { AnthropicBlock, AnthropicHistory } from './anthropic-wire.ts';
import { HistoryBuilder, type Result } from './history-builder.ts';
import { type Members, record } from './kept.ts';
import { foldResult } from './result-pieces.ts';

/**
 * A history as the Messages API has it. One that it takes, with the roles in turn and results before texts, comes back as
 * it was by `toAnthropic`. The first user message is the task.
 */
export function fromAnthropic(
  { system, messages }: AnthropicHistory,
  options: { readonly at?: number } = {},
): Message[] {
  const history = new HistoryBuilder('anthropic', options.at ?? 0);
  if (system !== undefined) add(history, 'system', system, {}, {});
  for (const { role, content, ...members } of messages) {
    if (typeof content === 'string') {
      add(history, role, content, members, { role: role === 'system' ? role : undefined });
      continue;
    }
    const isResult = ({ type }: AnthropicBlock): boolean => role === 'user' && type === 'tool_result';
    const results = content.filter(isResult);
    for (const block of results) history.result(resultOf(block));
    const said = content.filter((block) => !isResult(block));
    if (said.length > 0 || results.length === 0 || Object.keys(members).length > 0)
      add(history, role, said, members, { role: role === 'system' ? role : undefined });
  }
  return history.build();
}

function add(
  history: HistoryBuilder,
  role: Message['role'],
  content: string | readonly AnthropicBlock[],
  members: Members,
  form: Members,
): void {
  const isText = typeof content === 'string';
  const parts = isText ? [{ type: 'text' as const, text: content }] : content.map(partOfBlock);
  const written = isText ? 'text' : 'blocks';
  const natural = isOneText(parts) ? 'text' : 'blocks';
  history.add(role, parts, record(members, { ...form, content: written === natural ? undefined : written }));
}

function resultOf({ type: _, tool_use_id, content, is_error, ...members }: AnthropicBlock): Result {
  const folded = Array.isArray(content) ? foldResult(content as readonly Members[]) : undefined;
  return {
    of: String(tool_use_id),
    state: is_error === true ? 'error' : 'done',
    output: folded?.output ?? (typeof content === 'string' ? content : ''),
    members,
    form: {
      pieces: folded?.pieces,
      content: content === undefined ? 'absent' : undefined,
      saysNoError: is_error === false ? true : undefined,
    },
  };
}
