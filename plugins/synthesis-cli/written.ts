import type { Writable } from 'node:stream';

/** Writes to a stream; resolves when it is written, so that nothing is cut off by the end of the process. */
export const writingTo =
  (stream: Writable) =>
  (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
