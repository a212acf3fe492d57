import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
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
export async function postJson(address: string, value: unknown, posting: Posting): Promise<Posted> {
  const body = JSON.stringify(value);
  try {
    return await post(address, body, posting, true);
  } catch (error) {
    if (!(error instanceof ClosedWhileIdle)) throw error;
    return post(address, body, posting, false);
  }
}

/** The other side had closed the connection before it was used again, unnoticed: nobody was there to see the request. */
class ClosedWhileIdle extends Error {}
const CLOSED: readonly unknown[] = ['ECONNRESET', 'EPIPE'];
/** Sooner nobody closes a connection that was just used. */
const SOONEST_MS = 500;
const usedAt = new WeakMap<Duplex, number>();

function post(address: string, body: string, posting: Posting, again: boolean): Promise<Posted> {
  const { key, maxBytes, signal, alive } = posting;
  const { promise, resolve, reject } = Promise.withResolvers<Posted>();
  const { options, kind } = placeOf(address);
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'datapresso',
  };
  const agent = again && kind.agent;
  let connection: Duplex | undefined;
  let idleMs = 0;
  const request = kind.request({ ...options, method: 'POST', agent, headers, signal }, (response) => {
    alive();
    idleMs = 0;
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
      if (connection !== undefined) usedAt.set(connection, performance.now());
      const { statusCode: status = 0, headers } = response;
      if (status >= 300 && status < 400)
        reject(new Error(`it answered ${status}, to another address, where nothing is sent`));
      else resolve({ status, headers, text: Buffer.concat(pieces).toString() });
    });
  });
  request.on('socket', (socket) => {
    connection = socket;
    idleMs = performance.now() - (usedAt.get(socket) ?? Number.POSITIVE_INFINITY);
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    const isClosed = idleMs > SOONEST_MS && CLOSED.includes(error.code);
    reject(isClosed ? new ClosedWhileIdle(error.message, { cause: error }) : error);
  });
  request.end(body);
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
