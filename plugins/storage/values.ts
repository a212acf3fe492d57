import { fault } from '#kernel';
import type { Row, SqlValue } from './api.ts';
import type { Statement } from './statement.ts';

/** What both drivers bind. Booleans are 1 and 0, and a whole number is an integer rather than a float. */
export type Bound = string | number | bigint | null | Uint8Array;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export function bind(statement: Statement, values: readonly SqlValue[]): Bound[] {
  // SQLite would take a missing value for NULL.
  if (values.length !== statement.placeholders)
    throw fault(
      'STORAGE_STATEMENT',
      `the statement has ${statement.placeholders} placeholders, ${values.length} values were given`,
      { kind: 'invalid', data: { statement: statement.text.slice(0, 200) } },
    );
  return values.map(bindOne);
}

export function bindOne(value: SqlValue, at: number): Bound {
  switch (typeof value) {
    case 'string':
      if (value.includes('\0')) throw unfit(at, 'a text with a zero byte', 'PostgreSQL stores none: encode it as JSON');
      return value;
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value);
      if (Number.isFinite(value)) return value;
      throw unfit(at, String(value), 'use null');
    case 'bigint':
      if (value >= INT64_MIN && value <= INT64_MAX) return value;
      throw unfit(at, 'an integer of more than 64 bits', 'store it as text');
    case 'boolean':
      return value ? 1n : 0n;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw unfit(at, `a value of type ${typeof value}`, 'send text, numbers, booleans, null or bytes');
  }
}

const unfit = (at: number, what: string, hint: string) =>
  fault('STORAGE_VALUE', `value ${at + 1} cannot be stored: ${what}`, { kind: 'invalid', hint });

/** Integers as number while they fit in 53 bits. */
export const integer = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** Changes the fresh row of a driver in place. */
export function plainIntegers(row: Record<string, unknown>): Row {
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'bigint') row[name] = integer(value);
  }
  return row;
}
