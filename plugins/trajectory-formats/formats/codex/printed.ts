import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { Conversation } from '../reading/conversation.ts';
import { type JsonObject, listOf, numberOf, objectOf, textOf } from '../reading/members.ts';
import type { ReadSession } from './items.ts';

/** Lines of `codex exec --json`: what was done, without what was asked. */
export function readPrinted(lines: readonly JsonObject[]): ReadSession {
  const talk = new Conversation();
  let usage: JsonObject | undefined;
  lines.forEach((line, index) => {
    if (line.type === 'turn.completed') usage = objectOf(line.usage);
    if (line.type !== 'item.completed') return;
    const item = objectOf(line.item);
    const type = textOf(item.type) ?? textOf(item.item_type);
    const id = textOf(item.id) ?? `call_${index}`;
    if (type === 'agent_message' || type === 'assistant_message') talk.act({ text: contentText(item.text) });
    else if (type === 'reasoning') talk.act({ reasoning: contentText(item.text) });
    else if (type === 'command_execution') {
      const code = numberOf(item.exit_code);
      talk.act({ calls: [{ id, tool: { name: 'shell' }, args: { command: item.command } }] });
      talk.answer(id, contentText(item.aggregated_output), code === undefined ? undefined : code !== 0);
    } else if (type === 'mcp_tool_call') {
      const server = textOf(item.server);
      const tool = { ...(server !== undefined && { server }), name: textOf(item.tool) ?? 'unknown' };
      talk.act({ calls: [{ id, tool, args: callArguments(item.arguments) }] });
      const failed = item.status === 'failed';
      const { content } = objectOf(item.result);
      talk.answer(id, contentText(failed ? (objectOf(item.error).message ?? content) : content), failed);
    } else if (type === 'file_change' || type === 'web_search') {
      const args = type === 'file_change' ? { changes: listOf(item.changes) } : { query: item.query };
      talk.act({ calls: [{ id, tool: { name: type }, args }] });
      talk.answer(id, '', item.status === 'failed' ? true : undefined);
    }
  });
  return { messages: talk.messages, request: '', usage };
}
