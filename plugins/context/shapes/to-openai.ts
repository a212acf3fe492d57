import type { MediaPart, Message, Part, ReasoningPart, TextPart, ToolPart } from '../message.ts';
import { keptOf, keptOfResult } from './kept.ts';
import { standIn } from './media.ts';
import { answerOf, callOf } from './openai-calls.ts';
import { isOneText, openAiPartOf } from './openai-parts.ts';
import { type OpenAiMessage, type OpenAiPart, REASONING } from './openai-wire.ts';

/**
 * A history for the chat completions API. Calls that are not answered yet have no answer in it: see `sendable`. Reasoning
 * and texts stand before the calls, as the API has it.
 */
export function toOpenAi(messages: readonly Message[]): OpenAiMessage[] {
  return messages.flatMap((message) => [toMessage(message), ...answersOf(message.parts)]);
}

function toMessage(message: Message): OpenAiMessage {
  const { members, form } = keptOf(message, 'openai');
  if (message.role !== 'assistant') {
    const content = contentOf(message, said(message.parts), form.content, '');
    return { role: form.role === 'developer' ? 'developer' : message.role, ...content, ...members };
  }
  const memberOf = (part: Part): unknown => keptOf(part, 'openai').form.member;
  const thoughts = message.parts.filter((part): part is ReasoningPart => part.type === 'reasoning' && part.text !== '');
  const refusals = message.parts.filter(
    (part): part is TextPart => part.type === 'text' && memberOf(part) === 'refusal',
  );
  const texts = said(message.parts).filter((part) => !(refusals as readonly Part[]).includes(part));
  const made = message.parts.filter((part) => part.type === 'tool').map(callOf);
  const calls = made.flatMap((each) => ('call' in each ? [each.call] : []));
  const old = made.find((each) => 'old' in each);
  const mayBeNull = made.length > 0 || members.audio !== undefined;
  return {
    role: 'assistant',
    ...contentOf(message, texts, form.content, mayBeNull ? null : ''),
    ...(thoughts.length > 0 && {
      [String(memberOf(thoughts[0]!) ?? REASONING[0])]: thoughts.map((each) => each.text).join('\n\n'),
    }),
    ...(refusals.length > 0 && { refusal: refusals.map((each) => each.text).join('\n\n') }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(old && { function_call: old.old }),
    ...members,
  };
}

/** Texts and media; a text without text says something only where it stands for a part that is kept whole. */
const said = (parts: readonly Part[]): (TextPart | MediaPart)[] =>
  parts.filter(
    (part): part is TextPart | MediaPart =>
      part.type === 'media' ||
      (part.type === 'text' && (part.text !== '' || keptOf(part, 'openai').form.whole !== undefined)),
  );

function contentOf(
  { role }: Message,
  parts: readonly (TextPart | MediaPart)[],
  form: unknown,
  empty: '' | null,
): Pick<OpenAiMessage, 'content'> {
  if (parts.length > 0) {
    if (isOneText(parts) && form !== 'parts') return { content: (parts[0] as TextPart).text };
    return { content: parts.map(role === 'user' ? openAiPartOf : withoutMedia) };
  }
  if (form === 'absent') return {};
  if (form === 'parts') return { content: [] };
  return { content: form === 'null' ? null : form === 'empty' ? '' : empty };
}

/** Only a user's message may hold more than text. */
const withoutMedia = (part: TextPart | MediaPart): OpenAiPart =>
  part.type === 'text' ? openAiPartOf(part) : { type: 'text', text: part.url ?? standIn(part) };

function answersOf(parts: readonly Part[]): OpenAiMessage[] {
  const calls = parts.filter((part): part is ToolPart => part.type === 'tool');
  const place = (part: ToolPart, index: number): number => Number(keptOfResult(part, 'openai').form.place ?? index);
  return calls
    .map((part, index) => ({ answer: answerOf(part), place: place(part, index) }))
    .sort((a, b) => a.place - b.place)
    .flatMap(({ answer }) => answer ?? []);
}
