/**
 * In the place of a long text stands where it is: NUL, then `PACK:OFFSET:BYTES:SHA256`. A text that begins with NUL itself
 * gets another one before it, so nothing that is recorded can be taken for a reference.
 */
export interface TextReference {
  /** Name of the pack's file. */
  readonly pack: string;
  readonly offset: number;
  readonly bytes: number;
  /** In base64url. */
  readonly hash: string;
}

const NUL = '\0';
/** How NUL looks in a JSON text. */
export const NUL_IN_JSON = '\\u0000';
const REFERENCE = /^\0([\w.-]+):(\d{1,15}):(\d{1,15}):([\w-]{43})$/;

export const writeReference = ({ pack, offset, bytes, hash }: TextReference): string =>
  `"${NUL_IN_JSON}${pack}:${offset}:${bytes}:${hash}"`;

export const writeText = (text: string): string => JSON.stringify(text.charCodeAt(0) === 0 ? NUL + text : text);

/** The text that was written, or where it is. */
export function readText(text: string): string | TextReference {
  if (text.charCodeAt(0) !== 0) return text;
  const [, pack, offset, bytes, hash] = REFERENCE.exec(text) ?? [];
  if (pack === undefined) return text.slice(1);
  return { pack, offset: Number(offset), bytes: Number(bytes), hash: hash! };
}
