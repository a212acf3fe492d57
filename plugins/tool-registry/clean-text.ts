// Control characters but tab and line feed; format characters that hide or reorder text (zero width, bidirectional,
// tags); lone surrogates; private use and noncharacters.
const UNSAFE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;

/** Text of a server, fit for a prompt: nothing invisible, no runs of blank space, at most `most` characters. */
export function cleanText(text: unknown, most: number): string {
  if (typeof text !== 'string') return '';
  const cut = text.length > most * 4 ? text.slice(0, most * 4) : text;
  const clean = cut
    .replace(/\r\n?/g, '\n')
    .replace(UNSAFE, '')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{2,}/g, '\n')
    .trim();
  if (clean.length <= most) return clean;
  const head = clean.slice(0, most - 3);
  return `${head.replace(/[\uD800-\uDBFF]$/, '').trimEnd()}...`;
}

/** The same on one line. */
export const cleanLine = (text: unknown, most: number): string => cleanText(text, most).replaceAll('\n', ' ');
