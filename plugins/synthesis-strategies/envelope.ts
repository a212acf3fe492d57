/** Length of the envelope that a protocol puts around a text, as far as it stands before it. */
export function envelopeOf(result: string): number {
  if (!/^\s*(?:meta=|\{\s*"(?:_?meta|content)"|\[?TextContent)/.test(result.slice(0, 60))) return 0;
  const last = [...result.slice(0, 300).matchAll(/\btext\\*["']?\s*[:=]\s*\\*["'](?!text\\*["'])/g)].at(-1);
  return last === undefined ? 0 : last.index + last[0].length;
}

/** What follows the text in it. */
export const ENVELOPE_END = /\\*["'],?\s*(?:\\n)?\s*(?:\\*"annotations\\*"|annotations=)[\s\S]*$/;
