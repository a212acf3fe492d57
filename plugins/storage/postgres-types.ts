import type { CustomTypesConfig } from 'pg';
import { integer } from './values.ts';

type Parser = (text: string) => unknown;

/** Object ids of PostgreSQL's own types (`SELECT oid, typname FROM pg_type`). */
const BOOL = 16;
const BYTEA = 17;
const INT8 = 20;
const NUMERIC = 1700;
const NUMBERS = [21, 23, 26, 700, 701];

/** `SUM` of integers is `numeric` here, and an integer in SQLite. */
const numeric: Parser = (text) => (/^-?\d+$/.test(text) ? integer(BigInt(text)) : Number(text));

/**
 * Results as SQLite gives them: booleans 1 and 0, integers as number while they fit, bytes as Uint8Array, all else
 * (JSON, times, ...) as the text that PostgreSQL sends.
 */
export function postgresTypes(types: CustomTypesConfig): CustomTypesConfig {
  const parsers = new Map<number, Parser>([
    [BOOL, (text) => (text === 't' ? 1 : 0)],
    [INT8, (text) => integer(BigInt(text))],
    [NUMERIC, numeric],
    ...NUMBERS.map((oid): [number, Parser] => [oid, Number]),
  ]);
  const bytes = types.getTypeParser(BYTEA, 'text') as Parser;
  parsers.set(BYTEA, (text) => new Uint8Array(bytes(text) as Uint8Array));
  return { getTypeParser: (oid: number) => parsers.get(oid) ?? ((text: string) => text) };
}
