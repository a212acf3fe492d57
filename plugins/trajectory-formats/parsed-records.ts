import type { Place } from './api.ts';
import { hashBytes, type RawRecord, type RecordCutter } from './containers/raw-record.ts';
import type { Format } from './format.ts';
import { type BadRecord, formatOf, isBad, type Parsed, parseRecord } from './read-record.ts';

/** A record of a file, parsed and recognised as far as that goes. */
export interface FileRecord {
  readonly place: Place;
  readonly bytesHash: string;
  readonly content:
    | { readonly kind: 'known' }
    | { readonly kind: 'bad'; readonly bad: BadRecord }
    /** `alone`: nothing but this is in the file. */
    | { readonly kind: 'value'; readonly value: unknown; readonly format: Format | undefined; readonly alone: boolean };
}

export interface ParsedRecordsOptions {
  readonly file: string;
  /** Number of the first one. */
  readonly index: number;
  readonly maxDepth: number;
  readonly formats: readonly Format[];
  readonly known: ((bytesHash: string) => boolean) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Records as they come; those at the end that are not complete are left to the cutter's `waiting`. */
export async function* parsedRecords(cutter: RecordCutter, options: ParsedRecordsOptions): AsyncGenerator<FileRecord> {
  const { file, maxDepth, known, signal } = options;
  for (let { index } = options; ; index++) {
    signal?.throwIfAborted();
    let raw = await cutter.next();
    if (raw === undefined) return;
    let bytesHash = raw.hash ?? hashBytes(raw.bytes);
    let parsed = known?.(bytesHash) ? undefined : parseRecord(raw, maxDepth);
    if (parsed !== undefined && isBroken(parsed)) {
      const mended = await cutter.mend(raw);
      if (mended !== undefined) {
        raw = mended;
        bytesHash = hashBytes(raw.bytes);
        parsed = known?.(bytesHash) ? undefined : parseRecord(raw, maxDepth);
      }
    }
    if (raw.open && parsed !== undefined && !isComplete(parsed)) {
      cutter.leave(raw);
      return;
    }
    const { offset, size: bytes } = raw;
    const content = parsed === undefined ? KNOWN : await contentOf(raw, parsed, index, cutter, options);
    yield { place: { file, offset, bytes, index }, bytesHash, content };
  }
}

const KNOWN = { kind: 'known' } as const;
const isBroken = (parsed: Parsed): boolean => isBad(parsed) && parsed.code === 'RECORD_NOT_JSON';

/** A number or a word at the end of a file may go on; an object or a list has an end. */
const isComplete = (parsed: Parsed): boolean =>
  isBad(parsed) ? !isBroken(parsed) : typeof parsed.value === 'object' && parsed.value !== null;

async function contentOf(
  raw: RawRecord,
  parsed: Parsed,
  index: number,
  cutter: RecordCutter,
  { formats }: ParsedRecordsOptions,
): Promise<FileRecord['content']> {
  if (isBad(parsed)) return { kind: 'bad', bad: parsed };
  const format = formatOf(parsed.value, formats);
  if (format !== undefined) cutter.trust(raw);
  return { kind: 'value', value: parsed.value, format, alone: index === 0 && !(await cutter.hasMore()) };
}
