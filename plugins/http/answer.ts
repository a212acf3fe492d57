import type { ServerResponse } from 'node:http';
import { isFault, type Log } from '#kernel';
import type { RouteAnswer } from './api.ts';
import { type Problem, problemOf } from './problem.ts';

const EMPTY = new Set([204, 304]);

/** Sends what a route answered. */
export function sendAnswer(response: ServerResponse, answer: RouteAnswer): void {
  const { body, headers } = answer;
  const status = answer.status ?? (body === undefined ? 204 : 200);
  if (headers !== undefined) for (const name of Object.keys(headers)) response.setHeader(name, headers[name]!);
  if (body === undefined || EMPTY.has(status)) {
    if (!EMPTY.has(status)) response.setHeader('content-length', 0);
    response.writeHead(status).end();
    return;
  }
  const asIs = typeof body === 'string' || Buffer.isBuffer(body);
  const payload = asIs ? body : JSON.stringify(body);
  if (!response.hasHeader('content-type'))
    response.setHeader('content-type', asIs ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(payload));
  response.writeHead(status).end(payload);
}

/** Sends a failure as a problem document; where the answer has begun, it is cut off. */
export function sendFailure(response: ServerResponse, error: unknown, log: Log): void {
  if (response.writableEnded || response.destroyed) return;
  const path = pathOf(response.req.url ?? '/');
  if (response.headersSent) {
    // A cut connection is the only way to tell that the rest will not come.
    if (!isFault(error)) log.error('An answer broke off.', { path, reason: String(error) });
    response.destroy();
    return;
  }
  const problem = problemOf(error, path, log);
  const challenge = isFault(error) ? error.data.challenge : undefined;
  if (problem.status === 401)
    response.setHeader('www-authenticate', typeof challenge === 'string' ? challenge : 'Bearer');
  else if (problem.status === 403 && typeof challenge === 'string') response.setHeader('www-authenticate', challenge);
  if ((problem.status === 503 || problem.status === 429) && !response.hasHeader('retry-after'))
    response.setHeader('retry-after', '1');
  sendProblem(response, problem);
}

export function sendProblem(response: ServerResponse, problem: Problem): void {
  const text = JSON.stringify(problem);
  lingers(response);
  response.setHeader('content-type', 'application/problem+json; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.writeHead(problem.status).end(text);
}

/**
 * Closing while the client still sends its body would reset the connection, and the client would lose this answer. So the
 * rest of the body is read away, bounded by `requestTimeoutMs`, and the connection closed then.
 */
function lingers(response: ServerResponse): void {
  const { req: request } = response;
  if (response.shouldKeepAlive || request.complete) return;
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) return;
  response.shouldKeepAlive = true;
  request.once('end', () => request.socket.end());
  request.resume();
}

export const pathOf = (url: string): string => {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
};
