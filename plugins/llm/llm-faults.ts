import { fault, isFault, reason } from '#kernel';
import { TooLong } from './bounded-fetch.ts';
import { CutOff } from './provider.ts';
import { retryAfterOf } from './retry-after.ts';

const LONGEST_REASON = 300;

type Code = 'LLM_LIMITED' | 'LLM_REFUSED' | 'LLM_UNAVAILABLE' | 'LLM_CUT_OFF';

/** What went wrong, and what to do about it. */
export interface Failure {
  readonly code: Code;
  /** It may go better the next time. */
  readonly mayRetry: boolean;
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly contextOverflow?: boolean;
}

/** As both packages throw it. */
interface ApiError {
  readonly status?: unknown;
  readonly headers?: Headers;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

/** Errors in the middle of a stream have a type in place of a status. */
const STATUS_OF: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  api_error: 500,
  server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};
const OVERFLOW =
  /context[ _](?:length|window|size)|maximum (?:context|prompt) length|prompt is too long|input is too long|too many (?:input )?tokens|reduce the length of the (?:messages|prompt|input)/i;

const NO_MONEY = /insufficient_quota|credit balance is too low/i;

export function failureOf(error: unknown): Failure {
  const inner = error instanceof CutOff ? error.cause : error;
  const { headers, message } = (inner ?? {}) as ApiError;
  const status = statusOf(inner as ApiError | undefined);
  if (status === undefined) {
    if (isTooLong(inner)) return { code: 'LLM_UNAVAILABLE', mayRetry: false };
    const isBegun = error instanceof CutOff && error.parts.length > 0;
    return { code: isBegun ? 'LLM_CUT_OFF' : 'LLM_UNAVAILABLE', mayRetry: true };
  }
  const retryAfterMs = retryAfterOf(headers);
  const told = { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  const mayRetry = headers?.get('x-should-retry') !== 'false';
  if (status === 413 || (status < 500 && status !== 429 && OVERFLOW.test(String(message))))
    return { code: 'LLM_REFUSED', mayRetry: false, contextOverflow: true, ...told };
  // Money does not come by waiting.
  if (status === 402 || NO_MONEY.test(`${(inner as ApiError).code} ${message}`))
    return { code: 'LLM_LIMITED', mayRetry: false, ...told };
  if (status === 429) return { code: 'LLM_LIMITED', mayRetry, ...told };
  if (status < 500 && status !== 408 && status !== 409) return { code: 'LLM_REFUSED', mayRetry: false, ...told };
  return { code: 'LLM_UNAVAILABLE', mayRetry, ...told };
}

function statusOf(error: ApiError | undefined): number | undefined {
  const { status, type, code } = error ?? {};
  if (typeof status === 'number') return status;
  if (typeof code === 'number' && code >= 400 && code < 600) return code;
  return STATUS_OF[String(type)] ?? STATUS_OF[String(code)];
}

function isTooLong(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof TooLong) return true;
  return false;
}

interface Whose {
  readonly model: string;
  readonly apiKey: string;
}

/** What a call failed with, in the house's words; the key is never in it. */
export function llmFault(error: unknown, { model, apiKey }: Whose, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
  if (isFault(error)) return error;
  const { code, status, retryAfterMs, contextOverflow } = failureOf(error);
  // Masked before it is cut: half a key is a secret, too.
  const open = reason(error).replace(/\/\/[^\s/@]*@/g, '//***@');
  const why = (apiKey === '' ? open : open.replaceAll(apiKey, '***')).slice(0, LONGEST_REASON);
  const data = {
    ...(status !== undefined && { upstreamStatus: status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(contextOverflow === true && { contextOverflow }),
    ...(code === 'LLM_CUT_OFF' && { text: textOf(error as CutOff) }),
  };
  const [what, hint] = contextOverflow === true ? OVERFLOWED : WORDS[code];
  const kind = contextOverflow === true ? 'too_large' : 'unavailable';
  return fault(code, `the model "${model}" ${what}: ${why}`, { kind, hint, data });
}

const OVERFLOWED = ['takes no request that long', 'shorten it: fewer messages, tools or files'] as const;
const WORDS: Readonly<Record<Code, readonly [string, string]>> = {
  LLM_LIMITED: ['takes no more calls now', 'wait, or raise the limit at the provider'],
  LLM_REFUSED: ['refused the call', 'look at llm.apiKey, llm.model and llm.url'],
  LLM_UNAVAILABLE: ['did not answer', 'look at llm.url, and whether the endpoint runs'],
  LLM_CUT_OFF: [
    'stopped in the middle of its answer',
    'try again; look whether the endpoint, or a proxy before it, ends streams',
  ],
};

const textOf = ({ parts }: CutOff): string =>
  parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n\n');

export const noModel = 'no model is configured (llm.model)';

export const notConfigured = (what: 'model' | 'embedding.model'): Error =>
  fault('LLM_NOT_CONFIGURED', `no model is configured (llm.${what})`, {
    kind: 'unavailable',
    hint: what === 'model' ? 'set LLM_MODEL, and LLM_URL or LLM_API_KEY' : 'set EMBEDDING_MODEL, and EMBEDDING_URL',
  });
