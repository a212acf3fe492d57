import { isUtf8 } from 'node:buffer';
import { reason } from '#kernel';
import type { ImportedRun } from './api.ts';
import { hashBytes, type RawRecord } from './containers/raw-record.ts';
import { parseExact } from './exact-json.ts';
import { finishRun } from './finish-run.ts';
import type { Format, Origin, RunDraft } from './format.ts';

export interface BadRecord {
  readonly code: string;
  readonly reason: string;
}
export type Parsed = { readonly value: unknown } | BadRecord;

/** Says what is wrong without repeating what is in the record. */
export function parseRecord({ bytes, problem, size }: RawRecord, maxDepth: number): Parsed {
  if (problem === 'RECORD_TOO_LARGE')
    return { code: problem, reason: `it has ${size} bytes, more than maxRecordBytes allows` };
  if (problem === 'RECORD_TOO_DEEP') return tooDeep(maxDepth);
  if (!isUtf8(bytes)) return { code: 'RECORD_NOT_JSON', reason: 'it has bytes that are not UTF-8' };
  try {
    const value: unknown = parseExact(bytes.toString('utf8'));
    return isDeeper(value, maxDepth) ? tooDeep(maxDepth) : { value };
  } catch (error) {
    return { code: 'RECORD_NOT_JSON', reason: withoutContent(reason(error)) };
  }
}

const tooDeep = (maxDepth: number): BadRecord => ({
  code: 'RECORD_TOO_DEEP',
  reason: `lists and objects are nested deeper than ${maxDepth}`,
});

/** V8 quotes what it could not parse. */
const withoutContent = (message: string): string =>
  message.replace(/^(Unexpected token '.{1,2}'), .*$/su, '$1').replace(/^".*" is not valid JSON$/s, 'it is not JSON');

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  if (Array.isArray(value)) {
    for (const element of value) if (isDeeper(element, depth - 1)) return true;
    return false;
  }
  for (const name in value) if (isDeeper((value as Record<string, unknown>)[name], depth - 1)) return true;
  return false;
}

export const formatOf = (value: unknown, formats: readonly Format[]): Format | undefined =>
  formats.find((format) => format.recognises(value));

/** Runs of a record, each with its identity. */
export function runsOf(
  value: unknown,
  format: Format,
  origin: Origin,
  maxDepth: number,
): readonly ImportedRun[] | BadRecord {
  return finished(() => [format.read(value, origin)].flat(), format.name, maxDepth);
}

export function finished(
  read: () => readonly RunDraft[],
  format: string,
  maxDepth: number,
): readonly ImportedRun[] | BadRecord {
  try {
    const drafts = read();
    // Arguments are JSON inside of a string, which nobody has looked into before.
    for (const { messages } of drafts)
      for (const { calls } of messages)
        for (const { args } of calls ?? []) if (isDeeper(args, maxDepth)) return tooDeep(maxDepth);
    return drafts.map((draft) => finishRun(draft, format));
  } catch (error) {
    if (error instanceof RangeError) return tooDeep(maxDepth);
    return { code: 'RECORD_INVALID', reason: `${format}: ${reason(error)}` };
  }
}

export const isBad = (outcome: object): outcome is BadRecord => 'code' in outcome;

/**
 * The last of several runs has the hash of the record itself, so that a record counts as known only when all before it, too,
 * have arrived.
 */
export const hashOfRun = (recordHash: string, n: number, of: number): string =>
  n === of - 1 ? recordHash : hashBytes(Buffer.from(`${recordHash}/${n}`));
