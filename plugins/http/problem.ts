import { randomUUID } from 'node:crypto';
import { type Fault, type FaultKind, isFault, type Log, reason } from '#kernel';

/** RFC 9457, with the stable `code` of the fault and what helps the caller on. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  readonly alternatives?: readonly string[];
  readonly instance: string;
  readonly [extra: string]: unknown;
}

const STATUS: Readonly<Record<FaultKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  unavailable: 503,
  timeout: 504,
  // Not in the RFCs; what proxies log when the client went away. Nobody reads the body.
  cancelled: 499,
  internal: 500,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  426: 'Upgrade required',
  429: 'Too many requests',
  431: 'Request head too large',
  499: 'Cancelled',
  500: 'Internal error',
  502: 'Bad gateway',
  503: 'Unavailable',
  504: 'Timeout',
};

/** Names that the document itself uses, and data that belongs in headers. */
const RESERVED = new Set([
  'type',
  'title',
  'status',
  'detail',
  'code',
  'hint',
  'alternatives',
  'instance',
  'challenge',
]);

/** A fault may name its own status; a failure that names a server is that server's, not ours: 502. */
export function statusOf(error: Fault): number {
  const own = error.data.status;
  if (typeof own === 'number' && own >= 400 && own <= 599) return own;
  if (error.kind === 'unavailable' && error.data.server !== undefined) return 502;
  return STATUS[error.kind] ?? 500;
}

/** A path comes back so far and no further: an answer is not longer for a longer question. */
const LONGEST_INSTANCE = 512;

export function problemOf(error: unknown, path: string, log: Log): Problem {
  const instance = path.length > LONGEST_INSTANCE ? `${path.slice(0, LONGEST_INSTANCE)}...` : path;
  if (!isFault(error) || error.kind === 'internal') return defect(error, instance, log);
  const status = statusOf(error);
  const extras = Object.fromEntries(Object.entries(error.data).filter(([key]) => !RESERVED.has(key)));
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.alternatives.length > 0 && { alternatives: error.alternatives }),
    ...extras,
    instance,
  };
}

/** A defect of ours says nothing about itself to the caller; the log has it under the reference. */
function defect(error: unknown, instance: string, log: Log): Problem {
  const reference = randomUUID();
  const stack = error instanceof Error ? error.stack : undefined;
  log.error('A request failed.', { reference, instance, reason: reason(error), stack });
  return {
    type: 'about:blank',
    title: 'Internal error',
    status: 500,
    detail: `the server failed to answer; its log tells more under the reference ${reference}`,
    code: isFault(error) ? error.code : 'INTERNAL',
    reference,
    instance,
  };
}
