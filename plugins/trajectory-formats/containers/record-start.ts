import { isSpace } from './raw-record.ts';
import { ValueScanner } from './value-scanner.ts';

const COMMA = 0x2c;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const CLOSE_OBJECT = 0x7d;
const OPEN_OBJECT = 0x7b;
const LONGEST_SIGNATURE = 256;
const TRIES = 100;

export interface StartSearch {
  readonly signature: Buffer;
  readonly inList: boolean;
  /** A start counts only if the whole record is there and is one. */
  readonly wholeOnly: boolean;
  isRecord(bytes: Buffer): boolean;
}

/** What records of a file begin with: the brace and the first member's name, with the space between as it was written. */
export function signatureOf(record: Buffer): Buffer | undefined {
  if (record[0] !== OPEN_OBJECT) return undefined;
  const open = record.indexOf(QUOTE, 1);
  const close = open === -1 ? -1 : record.indexOf(QUOTE, open + 1);
  return close === -1 || close >= LONGEST_SIGNATURE ? undefined : Buffer.from(record.subarray(0, close + 1));
}

/**
 * Where a record begins between `from` and `to`, in bytes that brackets alone cannot divide: a record that lacks a bracket or a
 * quote would swallow all those behind it.
 */
export function findRecordStart(bytes: Buffer, from: number, to: number, search: StartSearch): number | undefined {
  let at = from;
  for (let tries = 0; tries < TRIES; tries++) {
    at = bytes.indexOf(search.signature, at);
    if (at === -1 || at >= to) return undefined;
    if (followsRecord(bytes, at, search.inList)) {
      const end = new ValueScanner().scan(bytes, at, bytes.length);
      if (end === -1 ? !search.wholeOnly : search.isRecord(bytes.subarray(at, end))) return at;
    }
    at++;
  }
  return undefined;
}

function followsRecord(bytes: Buffer, at: number, inList: boolean): boolean {
  let before = at - 1;
  let newline = false;
  while (before >= 0 && isSpace(bytes[before]!)) newline ||= bytes[before--] === NEWLINE;
  return inList ? bytes[before] === COMMA : newline || bytes[before] === CLOSE_OBJECT;
}
