import { isSpace, startsWithBom } from './raw-record.ts';
import type { Window } from './window.ts';

/** lines: one record a line. values: everything else that is JSON. `refused`: what it is instead. */
export type Layout = { readonly layout: 'lines' | 'values' } | { readonly refused: string };

const LONGEST_HEAD = 1 << 20;
const LEAST_HEAD = 1 << 14;
const LINES = 20;
const NEWLINE = 0x0a;

export interface LayoutJudge {
  /** Names a text that does not look like JSON. */
  describe(head: Buffer): string;
  /** Whether the elements of a list are records, by the first one; else the whole list is one record. */
  holdsRecords(firstElement: unknown): boolean;
}

/** Looks at the beginning of a file. */
export async function layoutOf(window: Window, judge: LayoutJudge): Promise<Layout> {
  while (!window.ended && !isEnough(window.bytes)) await window.more(0);
  const { bytes } = window;
  const first = firstByte(bytes);
  if (first === undefined) return { refused: bytes.length === 0 ? 'it is empty' : 'it holds nothing but space' };
  const opening = String.fromCharCode(bytes[first]!);
  const lines = headLines(bytes, first, window.ended);
  const records = lines.filter((line) => recordIn(line) !== undefined);
  if (opening === '[') {
    const list = lines.length > 1 ? recordIn(lines[0]!) : undefined;
    return { layout: Array.isArray(list) && !judge.holdsRecords(list[0]) ? 'lines' : 'values' };
  }
  // Without a line end far and wide it is a long line; a first line that is no JSON may be where an indented object begins.
  if (opening === '{') return { layout: records.length > 0 || lines.length === 0 ? 'lines' : 'values' };
  return records.length > 0 ? { layout: 'lines' } : { refused: judge.describe(bytes) };
}

/** Whether a text that begins like this may go on as JSON. */
export function couldBeJson(bytes: Buffer): boolean {
  const first = firstByte(bytes);
  return (
    first === undefined || /^(?:\{\s*(?:["}]|$)|\[\s*(?:[[{"\]\d-]|true|false|null|$))/.test(textFrom(bytes, first))
  );
}

const textFrom = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + 4096);

function isEnough(bytes: Buffer): boolean {
  if (bytes.length >= LONGEST_HEAD) return true;
  const first = firstByte(bytes);
  return first !== undefined && bytes.length >= LEAST_HEAD && bytes.includes(NEWLINE, first);
}

function firstByte(bytes: Buffer): number | undefined {
  for (let at = 0; at < bytes.length; at++) {
    if (startsWithBom(bytes, at)) at += 2;
    else if (!isSpace(bytes[at]!)) return at;
  }
  return undefined;
}

/** The first lines that are complete and hold something. */
function headLines(bytes: Buffer, from: number, ended: boolean): string[] {
  const lines: string[] = [];
  for (let start = from; lines.length < LINES && start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline === -1 && !ended) break;
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.toString('utf8', start, end);
    if (line.trim() !== '') lines.push(line);
    start = end + 1;
  }
  return lines;
}

/** The object or list that a line is. Indented lines and empty objects are found inside of records, too. */
function recordIn(line: string): object | undefined {
  if (!/^[[{]/.test(line)) return undefined;
  try {
    const value = JSON.parse(line) as object;
    return Object.keys(value).length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}
