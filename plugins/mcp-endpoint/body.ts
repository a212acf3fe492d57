import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { fault } from '#kernel';

/**
 * The whole body as text. Faults: HTTP_BODY_TOO_LARGE, HTTP_BODY_INVALID. What is too large is read away first, bounded by
 * the listener's `requestTimeoutMs`: an answer before the client has sent all would be lost with the connection.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    const rest: Buffer[] = [];
    let size = 0;
    const refuse = () =>
      reject(
        fault('HTTP_BODY_TOO_LARGE', `the body is larger than ${limitBytes} bytes`, {
          kind: 'too_large',
          hint: 'raise bodyLimitBytes of mcp-endpoint, or send less',
        }),
      );
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) rest.length = 0;
      else if (first === undefined) first = chunk;
      else rest.push(chunk);
    });
    request.on('end', () => {
      if (size > limitBytes) return refuse();
      if (first === undefined) return resolve('');
      const body = rest.length === 0 ? first : Buffer.concat([first, ...rest]);
      // Decoded anyway, arguments would reach their tool with other characters than the client sent.
      if (isUtf8(body)) resolve(body.toString('utf8'));
      else reject(fault('HTTP_BODY_INVALID', 'the body is not UTF-8', { kind: 'invalid' }));
    });
    // Also when the client goes away in the middle.
    request.on('error', reject);
  });
}
