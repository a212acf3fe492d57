import type { GuardedCall } from './verdict.ts';

/** As much of a message as is looked at. */
const MOST = 2_000;
const INFRASTRUCTURE =
  /\b(?:429|too many requests|rate.?limit\w*|overloaded|(?:http|status|code|error)\W{0,3}(?:code\W{0,3})?5\d\d|5\d\d (?:internal|bad gateway|service|gateway|server)|bad gateway|gateway time-?out|service (?:temporarily )?unavailable|internal server error|time[ds]? ?-?out|timeout|etimedout|econnreset|econnrefused|enetunreach|ehostunreach|enotfound|eai_again|epipe|socket hang up|connection (?:reset|refused|closed|lost)|network error|deadline exceeded)\b|请求过于频繁|超时|限流/i;
/** Says no more than that it failed. */
const VAGUE_CODE = /^(?:-?\d+|(?:\w+_)?(?:ERROR|FAILED|FAILURE|UNKNOWN|EXCEPTION|INTERNAL)|E?EXIT\w*)$/i;
const UNKNOWN_TOOL =
  /\b(?:unknown|no such|unrecognized|undefined) (?:tool|function)\b|\b(?:tool|function)\b.{0,80}\b(?:not found|does not exist|is not available|unknown)\b/i;

export interface Failure {
  /** By which failures are told to be the same: the tool, and what went wrong without its details. */
  readonly family: string;
  readonly text: string;
  readonly infrastructure: boolean;
}

/** What a call failed with; undefined where it did not. */
export function failureOf({ name, error, result, infrastructure }: GuardedCall): Failure | undefined {
  const found = error ?? (isErrorResult(result) ? resultText(result) : undefined);
  if (found === undefined) return undefined;
  const { code, message } = typeof found === 'string' ? { code: undefined, message: found } : found;
  const text = message.slice(0, MOST);
  const said = code ?? '';
  const what = said !== '' && !VAGUE_CODE.test(said) ? said : `${said} ${withoutDetails(text)}`;
  const isToolUnknown = UNKNOWN_TOOL.test(text) || /^(?:TOOL_)(?:UNKNOWN|NOT_FOUND)$/.test(said);
  return {
    family: isToolUnknown ? 'unknown tool' : `${name}\n${what}`,
    text,
    infrastructure: infrastructure ?? (INFRASTRUCTURE.test(text) || INFRASTRUCTURE.test(said.replaceAll('_', ' '))),
  };
}

/** The line that tells what went wrong, without quoted texts, paths and numbers. */
function withoutDetails(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const line = (/^\s*Traceback/.test(message) ? lines.at(-1) : lines[0]) ?? '';
  return line
    .slice(0, 400)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`|“[^”]*”|「[^」]*」|‘[^’]*’/g, '…')
    .replace(/(?:[A-Za-z]:)?(?:[\w.~@-]*[\\/])+[\w.@-]*/g, '…')
    .replace(/\b[\w-]+\.(?:[a-z]{1,4}|json)\b/gi, '…')
    .replace(/0x[\da-f]+|\d+/gi, '#')
    .replace(/\s+/g, ' ')
    .toLowerCase()
    .trim();
}

const isErrorResult = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && (result as { isError?: unknown }).isError === true;

/** The text of a short answer: a string, or MCP content with one text; '' where there is none or it is long. */
export function resultText(result: unknown, most: number = MOST): string {
  if (typeof result === 'string') return result.length <= most ? result : '';
  if (typeof result !== 'object' || result === null)
    return result === undefined || result === null ? '' : String(result);
  const { content } = result as { content?: unknown };
  if (Array.isArray(content) && content.length === 1) return resultText((content[0] as { text?: unknown })?.text, most);
  const entries = fewEntries(result);
  if (entries === undefined) return '';
  const shown = entries.map(([key, value]) => `${key}: ${shortly(value)}`).join(', ');
  return shown.length <= most ? shown : '';
}

const shortly = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.length}]`;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? '{}' : '{…}';
  return String(value).slice(0, 400);
};

/** Of a plain object that has few; lists and bytes may have millions. */
export function fewEntries(object: object): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(object) || ArrayBuffer.isView(object)) return undefined;
  const keys = Object.keys(object);
  return keys.length > 8 ? undefined : keys.map((key) => [key, (object as Record<string, unknown>)[key]]);
}
