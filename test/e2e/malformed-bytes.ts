import type { Dice } from './dice.ts';
import { EXECUTE } from './malformed.ts';

/** Bytes on a bare connection: no HTTP, half of it, too much of it. */
export function rawCase(dice: Dice): Buffer {
  const get = 'GET /ready HTTP/1.1\r\nHost: localhost\r\n';
  const choices: readonly (() => string | Buffer)[] = [
    () => dice.bytes(2_000),
    () => Buffer.concat([Buffer.from(get), dice.bytes(500)]),
    () => get.slice(0, 1 + dice.upTo(get.length - 1)),
    () => `${get}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`,
    () => `${get}Content-Length: -1\r\n\r\n`,
    () => `${get}Content-Length: 99999999999999999999\r\n\r\n`,
    () => `${get}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    () => `POST ${EXECUTE} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n`,
    () => `POST ${EXECUTE} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n`,
    () => `POST ${EXECUTE} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked, chunked\r\n\r\n0\r\n\r\n`,
    () =>
      `POST ${EXECUTE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"par`,
    () => `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"jso`,
    () => `POST ${EXECUTE} HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle\r\nContent-Length: 2\r\n\r\n{}`,
    () => `${get} folded: header\r\n\r\n`,
    () => `${get}X: a\u0000b\r\n\r\n`,
    () => `${get}X : a\r\n\r\n`,
    () => `${get}: empty\r\n\r\n`,
    () => 'GET /ready HTTP/1.1\r\n\r\n',
    () => 'GET /ready HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    () => 'GET /ready HTTP/9.9\r\nHost: localhost\r\n\r\n',
    () => 'GET /ready\r\n\r\n',
    () => 'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n',
    () => 'GET ready HTTP/1.1\r\nHost: localhost\r\n\r\n',
    () => 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    () => 'TRACE /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n',
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00',
    () => 'FOO\u00ff /ready HTTP/1.1\r\nHost: localhost\r\n\r\n',
    () => `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    () => `${get}X: ${'a'.repeat(20_000)}\r\n\r\n`,
    () => `${get}${'X: 1\r\n'.repeat(4_000)}\r\n`,
    () => Buffer.from('16030100a5010000a10303', 'hex'),
    () => `GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(20),
    () =>
      `GET /api/v1/events/tools HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: ${dice.upTo(13)}\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
    () =>
      `GET /api/v1/events/tools HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n`,
    () =>
      `GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
  ];
  const made = dice.of(choices)();
  return Buffer.isBuffer(made) ? made : Buffer.from(made, 'latin1');
}
