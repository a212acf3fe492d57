import type { Writable } from 'node:stream';

const ignore = (): void => undefined;

/** Writes to a stream; resolves when it is written, so that the end of the process cuts nothing off. */
export const writingTo =
  (stream: Writable) =>
  (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      // It is told as an event too, which would end the process.
      if (stream.listenerCount('error') === 0) stream.on('error', ignore);
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
