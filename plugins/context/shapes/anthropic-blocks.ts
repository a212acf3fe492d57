import { isDeepStrictEqual } from 'node:util';
import type { MediaPart, Part, ReasoningPart, TextPart, ToolPart } from '../message.ts';
import type { AnthropicBlock } from './anthropic-wire.ts';
import { extraOf, isPlain, keptOf, type Members, record } from './kept.ts';
import { ANY_IMAGE, ofDataUrl, standIn } from './media.ts';

const PDF = 'application/pdf';
const THINKING = 'thinking';

/** A block that is no result. What has no place in the model is kept whole, in a text part without text. */
export function partOfBlock(block: AnthropicBlock): Part {
  const part = read(block);
  if (part !== undefined && isDeepStrictEqual(blockOf(part), block)) return part;
  const whole = extraOf('anthropic', record({}, { whole: block }));
  if (part?.type === 'tool') return part;
  if (part?.type === 'media') return { ...part, ...whole };
  const isThought = block.type === 'redacted_thinking';
  return { type: isThought ? 'reasoning' : 'text', text: '', ...whole };
}

function read({ type, ...rest }: AnthropicBlock): Part | undefined {
  if (type === 'text' && typeof rest.text === 'string' && rest.text !== '') {
    const { text, ...members } = rest;
    return { type, text: String(text), ...extraOf('anthropic', members) };
  }
  if (type === THINKING && typeof rest.thinking === 'string') {
    const { thinking, signature, ...members } = rest;
    const isSigned = typeof signature === 'string';
    const extra = extraOf('anthropic', record(members, { type: isSigned ? undefined : THINKING }));
    return { type: 'reasoning', text: String(thinking), ...(isSigned && { signature }), ...extra };
  }
  if (type === 'tool_use') {
    const { id, name, input, ...members } = rest;
    const args = JSON.stringify(input ?? {});
    return {
      type: 'tool',
      call: String(id ?? ''),
      name: String(name),
      args,
      state: 'pending',
      ...extraOf('anthropic', members),
    };
  }
  return readMedia({ type, ...rest });
}

function readMedia({ type, source, ...members }: AnthropicBlock): MediaPart | undefined {
  const extra = extraOf('anthropic', members);
  const { type: way, media_type, data, url } = (source ?? {}) as Members;
  if (type !== 'image' && type !== 'document') return undefined;
  if (way === 'base64') return { type: 'media', mediaType: String(media_type), data: String(data), ...extra };
  if (way === 'url')
    return { type: 'media', mediaType: type === 'image' ? ANY_IMAGE : PDF, url: String(url), ...extra };
  return undefined;
}

/** The block of a part; undefined for what the API does not take: empty texts, and thoughts that it cannot verify. */
export function blockOf(part: Part): AnthropicBlock | undefined {
  const { members, form } = keptOf(part, 'anthropic');
  if (form.whole !== undefined) return form.whole as AnthropicBlock;
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? undefined : { type: 'text', text: part.text, ...members };
    case 'reasoning':
      return thinkingOf(part, members, form);
    case 'tool': {
      const id = typeof form.id === 'string' ? form.id : part.call;
      return { type: 'tool_use', id, name: part.name, input: inputOf(part), ...members };
    }
    case 'media':
      return mediaOf(part, members);
  }
}

function thinkingOf({ text, signature }: ReasoningPart, members: Members, form: Members): AnthropicBlock | undefined {
  if (signature !== undefined) return { type: THINKING, thinking: text, signature, ...members };
  return form.type === THINKING ? { type: THINKING, thinking: text, ...members } : undefined;
}

/** The API wants an object. */
function inputOf({ args }: ToolPart): unknown {
  if (args.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(args);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { unreadable: args };
  } catch {
    return { unreadable: args };
  }
}

function mediaOf(part: MediaPart, members: Members): AnthropicBlock {
  const { mediaType, data, url = '' } = part;
  const type = mediaType.startsWith('image/') ? 'image' : mediaType === PDF ? 'document' : undefined;
  if (type === undefined) return { type: 'text', text: part.url ?? standIn(part) };
  if (data !== undefined) return { type, source: { type: 'base64', media_type: mediaType, data }, ...members };
  const within = ofDataUrl(url);
  const source = within && { type: 'base64', media_type: within.mediaType, data: within.data };
  return { type, source: source ?? { type: 'url', url }, ...members };
}

/** As the assistant or the system may say it: no media. */
export const spokenBlockOf = (part: Part): AnthropicBlock | undefined =>
  part.type === 'media' ? { type: 'text', text: part.url ?? standIn(part) } : blockOf(part);

/** What is written as a string. */
export const isOneText = (parts: readonly Part[]): parts is readonly [TextPart] =>
  parts.length === 1 && parts[0]!.type === 'text' && isPlain(parts[0]!, 'anthropic');
