import type { IncomingMessage } from 'node:http';
import { fault } from '#kernel';

/** The whole body as text. Fault HTTP_BODY_TOO_LARGE as soon as the limit is passed. */
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
      if (first === undefined) resolve('');
      else resolve((rest.length === 0 ? first : Buffer.concat([first, ...rest])).toString('utf8'));
    });
    request.on('error', reject);
    request.on('aborted', () => reject(fault('CALL_CANCELLED', 'the client went away', { kind: 'cancelled' })));
  });
}
