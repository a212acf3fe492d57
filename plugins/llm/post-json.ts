import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { tooLong } from './bounded-fetch.ts';

/** Connections are used again, and closed when they were idle for so long: sooner than most servers close them. */
const IDLE_MS = 4_000;
const AGENT = { keepAlive: true, timeout: IDLE_MS };
const KINDS = {
  'http:': { request: http.request, agent: new http.Agent(AGENT) },
  'https:': { request: https.request, agent: new https.Agent(AGENT) },
} as const;
const MOST_PLACES = 100;

export interface Posting {
  readonly key: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Bytes came. */
  readonly alive: () => void;
}
export interface Posted {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One answer as a whole. For the many small calls of a model, of which `fetch` and what is built on it cost more than all
 * else that is done for them. Follows nobody to another address; fails with TooLong beyond `maxBytes`.
 */
export function postJson(address: string, value: unknown, { key, maxBytes, signal, alive }: Posting): Promise<Posted> {
  const { promise, resolve, reject } = Promise.withResolvers<Posted>();
  const { options, kind } = placeOf(address);
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'datapresso',
  };
  const request = kind.request({ ...options, method: 'POST', agent: kind.agent, headers, signal }, (response) => {
    alive();
    const pieces: Buffer[] = [];
    let bytes = 0;
    response.on('data', (piece: Buffer) => {
      alive();
      bytes += piece.byteLength;
      if (bytes > maxBytes) response.destroy(tooLong(maxBytes));
      else pieces.push(piece);
    });
    response.on('error', reject);
    response.on('end', () => {
      const { statusCode: status = 0, headers } = response;
      if (status >= 300 && status < 400)
        reject(new Error(`it answered ${status}, to another address, where nothing is sent`));
      else resolve({ status, headers, text: Buffer.concat(pieces).toString() });
    });
  });
  request.on('error', reject);
  request.end(JSON.stringify(value));
  return promise;
}

const places = new Map<string, ReturnType<typeof readPlace>>();

function placeOf(address: string): ReturnType<typeof readPlace> {
  let place = places.get(address);
  if (place === undefined) {
    place = readPlace(address);
    if (places.size >= MOST_PLACES) places.clear();
    places.set(address, place);
  }
  return place;
}

function readPlace(address: string) {
  const { protocol, hostname, port, path } = urlToHttpOptions(new URL(address));
  return { options: { hostname, port, path }, kind: KINDS[protocol as keyof typeof KINDS] };
}
