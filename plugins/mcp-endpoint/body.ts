import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { fault } from '#kernel';

/** The whole body as text. Faults: HTTP_BODY_TOO_LARGE as soon as the limit is passed, HTTP_BODY_INVALID. */
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
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return refuse();
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        request.removeAllListeners('data').resume();
        refuse();
      } else if (first === undefined) first = chunk;
      else rest.push(chunk);
    });
    request.on('end', () => {
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
