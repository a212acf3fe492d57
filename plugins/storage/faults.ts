import { type Fault, fault, isFault, reason } from '#kernel';

const textOf = (error: unknown, key: string): string => {
  const value = (error as Record<string, unknown> | null)?.[key];
  return typeof value === 'string' ? value : '';
};

/** https://www.sqlite.org/rescode.html: the low byte is the primary code. */
export const sqliteCode = (error: unknown): number => {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : 0;
};
export const SQLITE_BUSY = 5;

export function sqliteFault(error: unknown, file: string, statement?: string): Fault {
  if (isFault(error)) return error;
  switch (sqliteCode(error)) {
    case SQLITE_BUSY:
    case 6: // LOCKED
      return fault('STORAGE_BUSY', `another process holds ${file}`, {
        kind: 'unavailable',
        hint: 'try again; storage.busyTimeoutMs says how long to wait',
        cause: error,
      });
    case 8: // READONLY
    case 10: // IOERR
    case 14: // CANTOPEN
      return unwritable(file, error);
    case 11: // CORRUPT
    case 26: // NOTADB
      return fault('STORAGE_CORRUPT', `${file} is not a usable database: ${reason(error)}`, {
        hint: 'nothing was changed in it; move it away, or restore it from a copy',
      });
    case 13: // FULL
      return full(file, error);
    case 19: // CONSTRAINT
      return constraint(reason(error));
    case 20: // MISMATCH
      return unfitting(reason(error));
    default:
      return refused(reason(error), statement);
  }
}

/** SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function postgresFault(error: unknown, place: string, statement?: string): Fault {
  if (isFault(error)) return error;
  const code = textOf(error, 'code');
  if (code === '57014') return tooSlow(place, error);
  if (code.startsWith('23')) return constraint(`${reason(error)} (${textOf(error, 'constraint') || code})`);
  // These messages quote the value.
  if (code.startsWith('22')) return unfitting(`SQLSTATE ${code}`);
  if (code === '53100') return full(place, error);
  if (code === '40001' || code === '40P01' || code === '55P03')
    return fault('STORAGE_BUSY', `${place} refused a write that met another one: ${reason(error)}`, {
      kind: 'unavailable',
      hint: 'try again',
    });
  if (code === '25006') return unwritable(place, error);
  if (textOf(error, 'message') === 'Query read timeout') return tooSlow(place, error);
  if (/^(?:08|28|3D|53|57P)/.test(code) || !/^[0-9A-Z]{5}$/.test(code)) return unreachable(place, error);
  return refused(reason(error), statement);
}

export const isUnreachable = (error: unknown): boolean => isFault(error) && error.code === 'STORAGE_UNREACHABLE';

const NO_WRITES: readonly Fault['code'][] = ['STORAGE_FULL', 'STORAGE_UNWRITABLE'];
/** Reads go on, writes do not. */
export const isUnwritable = (error: unknown): boolean => isFault(error) && NO_WRITES.includes(error.code);

const unreachable = (place: string, error: unknown): Fault =>
  fault('STORAGE_UNREACHABLE', `no connection to ${place}: ${textOf(error, 'message') || textOf(error, 'code')}`, {
    kind: 'unavailable',
    hint: 'check that PostgreSQL runs there and that storage.url names the right host, user, password and database',
  });

export const unwritable = (path: string, error: unknown): Fault =>
  fault('STORAGE_UNWRITABLE', `cannot write ${path}: ${reason(error)}`, {
    hint: 'give this user write access to it, or set storage.dir (DATA_DIR) to another folder',
  });

const full = (place: string, error: unknown): Fault =>
  fault('STORAGE_FULL', `no space left for ${place}`, {
    kind: 'unavailable',
    hint: 'free some space; what was committed is safe',
    cause: error,
  });
const constraint = (message: string): Fault =>
  fault('STORAGE_CONSTRAINT', `a row breaks a constraint: ${message}`, { kind: 'conflict' });
const unfitting = (message: string): Fault =>
  fault('STORAGE_VALUE', `a value does not fit its column: ${message}`, { kind: 'invalid' });
const tooSlow = (place: string, error: unknown): Fault =>
  fault('STORAGE_TIMEOUT', `${place} took too long for a statement`, {
    kind: 'timeout',
    hint: 'storage.statementTimeoutMs is the limit',
    cause: error,
  });
const refused = (message: string, statement = ''): Fault =>
  fault('STORAGE_STATEMENT', `the database refused a statement: ${message}`, {
    data: { statement: statement.slice(0, 200) },
  });
