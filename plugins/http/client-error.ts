import type { Duplex } from 'node:stream';
import { STATUS_CODES } from './node-http.ts';
import type { Problem } from './problem.ts';

/** A request that the parser gave up on. It has no response object, so the answer is written by hand. */
export function answerClientError(error: Error & { code?: string }, socket: Duplex): void {
  // Bytes of an answer that is under way must not get another one in their middle.
  const current = (socket as { _httpMessage?: { headersSent?: boolean } | null })._httpMessage;
  if (error.code === 'ECONNRESET' || !socket.writable || current?.headersSent) {
    socket.destroy();
    return;
  }
  const [status, code, detail] = meaning(error.code);
  refuse(socket, status, code, detail);
}

function meaning(code: string | undefined): [status: number, code: string, detail: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'HTTP_HEAD_TOO_LARGE', 'the request head is too large'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'HTTP_BODY_TOO_LARGE', 'the chunk extensions are too large'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'HTTP_REQUEST_SLOW', 'the request did not arrive in time'];
    default:
      return [400, 'HTTP_REQUEST_MALFORMED', 'this is no HTTP request that can be read'];
  }
}

/** Answers on a bare socket and closes it. */
export function refuse(
  socket: Duplex,
  status: number,
  code: string,
  detail: string,
  more: Partial<Problem> = {},
  headers: Readonly<Record<string, string>> = {},
): void {
  const title = STATUS_CODES[status] ?? 'Error';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail, code, ...more });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nconnection: close\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n${lines.join('')}\r\n${body}`,
  );
  // Whoever neither reads nor closes does not keep the socket.
  const limit = setTimeout(() => socket.destroy(), 1_000);
  socket.once('close', () => clearTimeout(limit));
}
