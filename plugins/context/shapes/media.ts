import type { MediaPart } from '../message.ts';

/** Where only an address is known. */
export const ANY_IMAGE = 'image/*';

/** What a `data:` address holds; undefined where it is another address, or written in another way. */
export function ofDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  if (!url.startsWith('data:')) return undefined;
  const comma = url.indexOf(';base64,');
  const mediaType = url.slice('data:'.length, comma);
  if (comma < 0 || mediaType === '' || /[;,\s]/.test(mediaType)) return undefined;
  return { mediaType, data: url.slice(comma + ';base64,'.length) };
}

export const urlOf = ({ mediaType, data, url }: MediaPart): string =>
  data === undefined ? (url ?? '') : `data:${mediaType};base64,${data}`;

/** What a provider is told that takes no such thing. */
export const standIn = ({ mediaType }: MediaPart): string => `[${mediaType}]`;
