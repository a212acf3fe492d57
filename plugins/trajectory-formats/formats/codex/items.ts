import type { RunCall, RunMessage } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { contentText } from '../reading/content.ts';
import { Conversation } from '../reading/conversation.ts';
import { isObject, type JsonObject, objectOf, textOf, timeOf } from '../reading/members.ts';
import { toolOf } from '../reading/tool-name.ts';
import { outputOf } from './output.ts';

export interface ReadSession {
  readonly messages: readonly RunMessage[];
  readonly request: string;
  readonly usage: JsonObject | undefined;
}

/** Texts that the program itself sends as the user. */
const CONTEXT =
  /^\s*<(?:environment_context|user_instructions|INSTRUCTIONS|turn_aborted|skill|permissions instructions|user_shell_command)\b|^# AGENTS\.md instructions/;

/** Items of the model's API are the conversation. Events tell the same for the screen: only what items lack is taken of them. */
export function readItems(lines: readonly JsonObject[], meta: JsonObject): ReadSession {
  const events = lines.filter(({ type }) => type === 'event_msg').map(({ payload }) => objectOf(payload));
  const talk = new Conversation();
  talk.say('system', contentText(meta.instructions ?? objectOf(meta.base_instructions).text), timeOf(meta.timestamp));
  const reader = new ItemReader(talk, serversOf(events));
  const lacks = lacking(lines);
  for (const line of lines) {
    const at = timeOf(line.timestamp);
    const payload = objectOf(line.payload);
    if (line.type === 'response_item') reader.item(payload, at);
    else if (line.type === 'compacted') reader.summary(contentText(payload.message), at);
    else if (line.type === 'event_msg') {
      if (lacks(payload.type)) reader.shown(payload, at);
    } else if (!isObject(line.payload)) reader.item(line, at);
  }
  const typed = events.find(({ type }) => type === 'user_message');
  const counted = events.findLast(({ type, info }) => type === 'token_count' && isObject(info))?.info;
  return {
    messages: talk.messages,
    request: (textOf(typed?.message) && contentText(typed?.message)) ?? reader.request ?? '',
    usage: isObject(counted) ? objectOf(counted.total_token_usage) : undefined,
  };
}

/** Which events tell what no item does: all where there are no items, else those of who is not among them. */
function lacking(lines: readonly JsonObject[]): (type: unknown) => boolean {
  const items = lines.filter(({ type }) => type === 'response_item').map(({ payload }) => objectOf(payload));
  const spoke = (role: string): boolean =>
    items.some((item) => item.role === role && !CONTEXT.test(contentText(item.content)));
  const shown = new Set<unknown>();
  if (!spoke('user')) shown.add('user_message');
  if (!spoke('assistant')) shown.add('agent_message');
  if (items.length === 0) shown.add('agent_reasoning');
  return (type) => shown.has(type);
}

class ItemReader {
  request: string | undefined;
  readonly #talk: Conversation;
  readonly #servers: ReadonlyMap<unknown, RunCall['tool']>;
  #unnamed = 0;

  constructor(talk: Conversation, servers: ReadonlyMap<unknown, RunCall['tool']>) {
    this.#talk = talk;
    this.#servers = servers;
  }

  item(item: JsonObject, at: number | undefined): void {
    const { type } = item;
    if (type === 'message') this.#message(item, at);
    else if (type === 'reasoning') {
      this.#talk.act({ reasoning: contentText(item.content) || contentText(item.summary) || '', at });
    } else if (type === 'function_call' || type === 'custom_tool_call') {
      const args = type === 'function_call' ? item.arguments : item.input;
      this.#call(textOf(item.call_id) ?? textOf(item.id), textOf(item.name) ?? 'unknown', args, at);
    } else if (type === 'local_shell_call' || type === 'web_search_call') {
      this.#call(textOf(item.call_id) ?? textOf(item.id), type.replace(/_call$/, ''), item.action, at);
    } else if (typeof type === 'string' && /_call_output$/.test(type)) {
      const { text, error } = outputOf(item.output);
      this.#talk.answer(textOf(item.call_id) ?? textOf(item.id), text, error, at);
    }
  }

  summary(text: string, at: number | undefined): void {
    this.#talk.say('user', text, at, { of: 'compaction' });
  }

  /** What the screen showed, of sessions that keep nothing else. */
  shown(event: JsonObject, at: number | undefined): void {
    if (event.type === 'user_message') this.#message({ role: 'user', content: event.message }, at);
    else if (event.type === 'agent_message') this.#talk.act({ text: contentText(event.message), at });
    else if (event.type === 'agent_reasoning') this.#talk.act({ reasoning: contentText(event.text), at });
  }

  #message({ role, content }: JsonObject, at: number | undefined): void {
    const text = contentText(content);
    if (role === 'assistant') return this.#talk.act({ text, at });
    if (role !== 'user') return this.#talk.say('system', text, at);
    const framed = CONTEXT.test(text);
    if (!framed && text !== '') this.request ??= text;
    this.#talk.say('user', text, at, framed ? { of: 'program' } : undefined);
  }

  #call(id: string | undefined, name: string, args: unknown, at: number | undefined): void {
    const known = id ?? `call_${++this.#unnamed}`;
    this.#talk.act({
      calls: [{ id: known, tool: this.#servers.get(id) ?? toolOf(name), args: callArguments(args) }],
      at,
    });
  }
}

/** Calls of MCP servers: the event knows the server apart from the tool. */
function serversOf(events: readonly JsonObject[]): ReadonlyMap<unknown, RunCall['tool']> {
  const servers = new Map<unknown, RunCall['tool']>();
  for (const { type, call_id, invocation } of events) {
    const { server, tool } = objectOf(invocation);
    if (
      typeof type === 'string' &&
      type.startsWith('mcp_tool_call_') &&
      typeof server === 'string' &&
      typeof tool === 'string'
    )
      servers.set(call_id, { server, name: tool });
  }
  return servers;
}
