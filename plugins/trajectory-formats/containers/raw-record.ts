import { createHash, type Hash, hash } from 'node:crypto';

/** The bytes of one record, before anybody knows whether they are JSON. */
export interface RawRecord {
  /** From the start of the (unpacked) file. */
  readonly offset: number;
  readonly size: number;
  /** Without the space around it; valid until the next one is asked for. Empty where it is too large to be kept. */
  readonly bytes: Buffer;
  readonly problem?: 'RECORD_TOO_LARGE' | 'RECORD_TOO_DEEP';
  /** The file ends with it, and nothing but its content says that it is complete. */
  readonly open?: boolean;
  /** Of bytes that were not kept. */
  readonly hash?: string;
}

export interface RecordLimits {
  readonly maxRecordBytes: number;
  readonly maxDepth: number;
}

/** Cuts a file into records. */
export interface RecordCutter {
  /** undefined: there is no complete one (any more). */
  next(): Promise<RawRecord | undefined>;
  /** Whether anything comes after the record that `next` gave. */
  hasMore(): Promise<boolean>;
  /** For a record that is no JSON: another one in its place, where its ends are elsewhere. The next one begins behind it. */
  mend(raw: RawRecord): Promise<RawRecord | undefined>;
  /** An open record is not complete yet: it waits. */
  leave(raw: RawRecord): void;
  /** This is what records of this file begin like. */
  trust(raw: RawRecord): void;
  /** Where to go on another time. */
  readonly offset: number;
  /** Whether that is inside a list. */
  readonly inside: boolean;
  /** Bytes of a record that is not complete. */
  readonly waiting: number;
}

const HEX = 32;
/** 32 hex digits of sha256, which processors compute faster than anything else here that is 128 bits or longer. */
export const hashBytes = (bytes: Buffer): string => hash('sha256', bytes, 'hex').slice(0, HEX);
/** The same for what comes in pieces. */
export const startHash = (): Hash => createHash('sha256');
export const endHash = (hashing: Hash): string => hashing.digest('hex').slice(0, HEX);

const LAST_SPACE = 0x20;
/** Space, tab and line ends of JSON, and what a byte order mark leaves. */
export const isSpace = (byte: number): boolean =>
  byte <= LAST_SPACE && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);

const BOM = [0xef, 0xbb, 0xbf] as const;
export const startsWithBom = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === BOM[0] && bytes[at + 1] === BOM[1] && bytes[at + 2] === BOM[2];

/** `[from, to)` without space and byte order mark around what is in it. */
export function trim(bytes: Uint8Array, from: number, to: number): [start: number, end: number] {
  let start = from;
  let end = to;
  while (start < end && isSpace(bytes[start]!)) start++;
  if (startsWithBom(bytes, start)) start += BOM.length;
  while (start < end && isSpace(bytes[start]!)) start++;
  while (end > start && isSpace(bytes[end - 1]!)) end--;
  return [start, Math.max(start, end)];
}
