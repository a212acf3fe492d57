import { mended } from './mend.ts';

/** Arguments as the JSON text of an object; or the text as a JSON string, and why it is no object. */
export interface Arguments {
  readonly args: string;
  readonly problem?: string;
}

const FENCE = '```';

/**
 * Reads what a model wrote as a call's arguments: mends commas, quotes and brackets. What ends within a string is not mended:
 * half a command or half a file must not pass for the whole.
 */
export async function readArguments(written: string, isCut: boolean): Promise<Arguments> {
  const text = written.trim();
  if (text === '') return isCut ? cut(written) : { args: '{}' };
  const parsed = parse(text);
  if (parsed !== undefined) return asObject(parsed.value, written, text);
  if (isCut || endsInString(text)) return cut(written);
  const found = await mended(unfenced(text));
  return found === undefined
    ? unreadable(written, 'they are not JSON')
    : asObject(found.value, written, JSON.stringify(found.value));
}

function asObject(value: unknown, written: string, text: string): Arguments {
  if (value === null) return { args: '{}' };
  if (isObject(value)) return { args: text };
  // Encoded twice.
  const inner = typeof value === 'string' ? parse(value)?.value : undefined;
  if (isObject(inner)) return { args: JSON.stringify(inner) };
  return unreadable(written, 'they are JSON, but no object');
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const cut = (written: string): Arguments => unreadable(written, 'they end in the middle');

const unreadable = (written: string, why: string): Arguments => ({
  args: JSON.stringify(written),
  problem: `The arguments could not be read: ${why}. Make the call again, with one JSON object as arguments.`,
});

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Without the fence around the whole, if there is one. */
function unfenced(text: string): string {
  if (!text.startsWith(FENCE) || !text.endsWith(FENCE)) return text;
  const line = text.indexOf('\n');
  const isHead = line >= 0 && /^\w*\s*$/.test(text.slice(FENCE.length, line));
  return isHead ? text.slice(line + 1, Math.max(line + 1, text.length - FENCE.length)) : text;
}

function endsInString(text: string): boolean {
  let isIn = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') isIn = !isIn;
  }
  return isIn;
}
