import type { Format, RunDraft } from '../format.ts';
import { readItems } from './codex/items.ts';
import { chatRun } from './reading/chat-run.ts';
import { isObject, type JsonObject, listOf, textOf } from './reading/members.ts';
import { present } from './reading/present.ts';

/** Kinds of items that no chat has. */
const ITEMS = new Set(['function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output']);
const LOOKED_AT = 20;

/**
 * Items of OpenAI's Responses API (also of its Agents SDK): a bare list, the `items` of a record, or the `input` of a request
 * with the `output` that it got.
 */
export const openaiResponses: Format = {
  name: 'openai-responses',
  recognises(value) {
    const items = itemsOf(value).slice(0, LOOKED_AT);
    return items.length > 0 && items.every(isItem) && items.some((item) => isObject(item) && isOwn(item));
  },
  read(value, origin): RunDraft {
    const record = isObject(value) ? value : {};
    const { messages } = readItems(itemsOf(value).filter(isObject).map(withType), record);
    return present({ ...chatRun(record, messages, origin) });
  },
};

function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [];
  const { items, input, output } = value;
  if (Array.isArray(items)) return items;
  const asked = textOf(input) === undefined ? listOf(input) : [{ role: 'user', content: input }];
  return [...asked, ...listOf(output)];
}

const isItem = (item: unknown): boolean =>
  isObject(item) && (typeof item.type === 'string' || (typeof item.role === 'string' && 'content' in item));

const isOwn = ({ type, call_id }: JsonObject): boolean =>
  typeof type === 'string' && ITEMS.has(type) && typeof call_id === 'string';

/** A message may come without its type. */
const withType = (item: JsonObject): JsonObject =>
  item.type === undefined && 'role' in item ? { ...item, type: 'message' } : item;
