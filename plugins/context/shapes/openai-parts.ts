import { isDeepStrictEqual } from 'node:util';
import type { MediaPart, Part, TextPart } from '../message.ts';
import { extraOf, isPlain, keptOf, type Members, record } from './kept.ts';
import { ANY_IMAGE, ofDataUrl, standIn, urlOf } from './media.ts';
import type { OpenAiPart } from './openai-wire.ts';

const FILE_NAME = 'document.pdf';
const PDF = 'application/pdf';

/** A part of a content array. What has no place in the model is kept whole, in a text part without text. */
export function partOfOpenAi(wire: OpenAiPart): TextPart | MediaPart {
  const part = read(wire);
  if (part !== undefined && isDeepStrictEqual(openAiPartOf(part), wire)) return part;
  const whole = extraOf('openai', record({}, { whole: wire }));
  return part?.type === 'media' ? { ...part, ...whole } : { type: 'text', text: '', ...whole };
}

function read({ type, ...rest }: OpenAiPart): TextPart | MediaPart | undefined {
  if (type === 'text' || type === 'refusal') {
    const { [type]: text, ...members } = rest as Members;
    if (typeof text !== 'string' || text === '') return undefined;
    return { type: 'text', text, ...extraOf('openai', record(members, { type: type === 'text' ? undefined : type })) };
  }
  const { [type]: inner, ...members } = rest as Members;
  if (typeof inner !== 'object' || inner === null) return undefined;
  const media = readMedia(type, inner as Members);
  if (media === undefined) return undefined;
  const { in: within, ...where } = media;
  return {
    type: 'media',
    ...where,
    ...extraOf('openai', record(members, { in: isEmpty(within) ? undefined : within })),
  };
}

type Where = Pick<MediaPart, 'mediaType' | 'data' | 'url'> & { readonly in: Members };

function readMedia(type: string, inner: Members): Where | undefined {
  if (type === 'image_url' && typeof inner.url === 'string') {
    const { url, ...within } = inner;
    return { ...(ofDataUrl(String(url)) ?? { mediaType: ANY_IMAGE, url: String(url) }), in: within };
  }
  if (type === 'input_audio' && typeof inner.data === 'string') {
    const { data, format, ...within } = inner;
    return { mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}`, data: String(data), in: within };
  }
  if (type === 'file' && typeof inner.file_data === 'string') {
    const { file_data, filename, ...within } = inner;
    const found = ofDataUrl(String(file_data));
    return found && { ...found, in: filename === FILE_NAME ? within : { ...within, filename } };
  }
  return undefined;
}

/** As a user's message may have it. */
export function openAiPartOf(part: TextPart | MediaPart): OpenAiPart {
  const { members, form } = keptOf(part, 'openai');
  if (form.whole !== undefined) return form.whole as OpenAiPart;
  if (part.type === 'text') {
    const type = form.type === 'refusal' ? 'refusal' : 'text';
    return { type, [type]: part.text, ...members };
  }
  const within = (form.in ?? {}) as Members;
  const { mediaType, data } = part;
  if (mediaType.startsWith('image/'))
    return { type: 'image_url', image_url: { url: urlOf(part), ...within }, ...members };
  if (mediaType.startsWith('audio/') && data !== undefined) {
    const format = mediaType === 'audio/mpeg' ? 'mp3' : mediaType.slice('audio/'.length);
    return { type: 'input_audio', input_audio: { data, format, ...within }, ...members };
  }
  if (mediaType === PDF && data !== undefined)
    return { type: 'file', file: { file_data: urlOf(part), filename: FILE_NAME, ...within }, ...members };
  return { type: 'text', text: part.url ?? standIn(part) };
}

/** What is written as a string. */
export const isOneText = (parts: readonly Part[]): boolean =>
  parts.length === 1 && parts[0]!.type === 'text' && isPlain(parts[0]!, 'openai');

const isEmpty = (members: Members): boolean => Object.keys(members).length === 0;
