import { fault } from '#kernel';

/**
 * Refuses JSON that nests deeper than `most`: what reads it later walks it recursively. Counts brackets outside of
 * strings; whether the text is JSON at all is for the parser to say.
 */
export function checkDepth(text: string, most: number): void {
  if (text.length <= most) return;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > most)
        throw fault('HTTP_BODY_TOO_DEEP', `the body nests deeper than ${most} levels`, { kind: 'invalid' });
    } else if (char === 0x7d || char === 0x5d) depth--;
  }
}
