import { fault } from '#kernel';

export interface JsonAnswer {
  readonly body: unknown;
  readonly headers: Headers;
}
export interface JsonRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

/**
 * Faults, none with a word of the answer's body: SOURCE_LIMITED (`data.retryAt`), SOURCE_NOT_FOUND, SOURCE_FAILED,
 * SOURCE_UNREACHABLE, SOURCE_TOO_LARGE.
 */
export async function getJson({ url, headers = {}, signal, maxBytes }: JsonRequest): Promise<JsonAnswer> {
  const host = new URL(url).host;
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: 'application/json', ...headers }, signal, redirect: 'follow' });
  } catch (error) {
    signal.throwIfAborted();
    throw fault('SOURCE_UNREACHABLE', `${host} cannot be reached`, { kind: 'unavailable', cause: error });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw refusal(host, response);
  }
  const text = await bounded(response, maxBytes, host);
  try {
    return { body: JSON.parse(text), headers: response.headers };
  } catch {
    throw fault('SOURCE_FAILED', `${host} answered with something that is no JSON`, { kind: 'unavailable' });
  }
}

function refusal(host: string, response: Response): Error {
  const { status } = response;
  const retryAt = retryTime(response.headers);
  const spent = response.headers.get('x-ratelimit-remaining') === '0';
  if (status === 429 || (status === 403 && (spent || response.headers.has('retry-after'))))
    return fault('SOURCE_LIMITED', `${host} allows no more requests for now`, {
      kind: 'rate_limited',
      data: { retryAt },
    });
  if (status === 404) return fault('SOURCE_NOT_FOUND', `${host} does not know it`, { kind: 'not_found' });
  return fault('SOURCE_FAILED', `${host} answered with status ${status}`, { kind: 'unavailable', data: { status } });
}

const DEFAULT_PAUSE_MS = 60_000;

/** `retry-after` in seconds or as a date, or GitHub's reset in seconds since 1970. */
function retryTime(headers: Headers): number {
  const after = headers.get('retry-after');
  if (after !== null && /^\d+$/.test(after)) return Date.now() + Number(after) * 1000;
  if (after !== null && !Number.isNaN(Date.parse(after))) return Date.parse(after);
  const reset = Number(headers.get('x-ratelimit-reset'));
  return reset > 0 ? reset * 1000 : Date.now() + DEFAULT_PAUSE_MS;
}

async function bounded(response: Response, maxBytes: number, host: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw fault('SOURCE_TOO_LARGE', `${host} answered with more than ${maxBytes} bytes`, { kind: 'unavailable' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
