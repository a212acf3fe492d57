import type { Message, Part, TextPart, ToolPart } from '../message.ts';
import { answerable } from './answerable.ts';
import { extraOf, FORM, isPlain, keptOf, type Members, type Provider, RESULT } from './kept.ts';

const ID = /^[A-Za-z0-9_-]{1,40}$/;
const NAME_LENGTH = 64;
/** Forms that only a faithful copy needs, and that an endpoint may refuse. */
const COPIES = ['role', 'content', 'id', 'old', 'args', 'place'];

/**
 * A history that endpoints take, whatever it was imported from and whatever a model wrote: calls answered, ids and names of
 * the letters that are allowed, arguments an object, texts as one string where an endpoint may know no other.
 */
export function sendable(messages: readonly Message[], provider: Provider): Message[] {
  const ids = new Map<string, string>();
  return answerable(messages).map((message) => {
    const parts = message.parts.map((part) => (part.type === 'tool' ? sendableCall(part, provider, ids) : part));
    const kept = keptOf(message, provider);
    const extra = message.extra && extraOf(provider, standard(kept.members, kept.form));
    const { extra: _, ...rest } = message;
    return { ...rest, ...extra, parts: provider === 'openai' ? joined(parts) : parts };
  });
}

function standard(members: Members, form: Members): Members {
  const left = Object.entries(form).filter(([name]) => !COPIES.includes(name));
  return left.length === 0 ? members : { ...members, [FORM]: Object.fromEntries(left) };
}

function sendableCall(part: ToolPart, provider: Provider, ids: Map<string, string>): ToolPart {
  const { members, form } = keptOf(part, provider);
  const isCustom = form.type === 'custom';
  const result = (part.extra?.[provider] as Members | undefined)?.[RESULT] as Members | undefined;
  const { [FORM]: written, ...more } = result ?? {};
  // In a result, the chat completions API takes text only.
  const { pieces, ...others } = (written ?? {}) as Members;
  const kept = standard(more, provider === 'openai' || pieces === undefined ? others : { ...others, pieces });
  const { type: _type, ...formOfCall } = form;
  const call = standard(members, isCustom ? form : formOfCall);
  const { extra: _, ...rest } = part;
  return {
    ...rest,
    call: idOf(part.call, ids),
    name: part.name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, NAME_LENGTH) || 'unnamed',
    args: isCustom ? part.args : objectText(part.args),
    ...extraOf(provider, Object.keys(kept).length === 0 ? call : { ...call, [RESULT]: kept }),
  };
}

function idOf(call: string, ids: Map<string, string>): string {
  if (ID.test(call)) return call;
  const id = ids.get(call) ?? `call_${ids.size + 1}_${call.replace(/[^A-Za-z0-9]/g, '').slice(-24)}`;
  ids.set(call, id);
  return id;
}

/** Endpoints read the arguments, and some fail over what is no object. */
function objectText(args: string): string {
  if (args.trim() === '') return '{}';
  try {
    const value: unknown = JSON.parse(args);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return args;
    return JSON.stringify({ unreadable: value });
  } catch {
    return JSON.stringify({ unreadable: args });
  }
}

/** Several plain texts as one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const said = parts.filter(({ type }) => type === 'text' || type === 'media') as readonly Part[];
  if (said.length < 2 || said.some((part) => part.type !== 'text' || !isPlain(part, 'openai'))) return parts;
  const text = (said as readonly TextPart[]).map((part) => part.text).join('\n\n');
  const first = parts.indexOf(said[0]!);
  return parts.flatMap((part, index) => (index === first ? { type: 'text', text } : said.includes(part) ? [] : part));
}
