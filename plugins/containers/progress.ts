import type { Readable } from 'node:stream';
import type Docker from 'dockerode';

interface Step {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string };
}
const LAST_LINES = 6;

/**
 * Follows a build, a load or a pull to its end; gives the id of what was built. A failure comes as one of its messages,
 * in an answer that says 200, and becomes a throw here, with the last lines before it.
 */
export async function follow(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Else a letter of several bytes at the border of two chunks is lost.
  (stream as Readable).setEncoding('utf8');
  let failure: string | undefined;
  let id: string | undefined;
  const lines: string[] = [];
  const stop = (): void => void (stream as Readable).destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const see = (step: Step): void => {
        failure ??= step.error;
        id = step.aux?.ID ?? id;
        const line = (step.stream ?? step.status ?? '').trim();
        if (line === '') return;
        lines.push(line);
        if (lines.length > LAST_LINES) lines.shift();
        tell(line);
      };
      (stream as Readable).once('close', () => signal.aborted && reject(signal.reason));
      docker.modem.followProgress(stream, (error: Error | null) => (error === null ? resolve() : reject(error)), see);
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  if (failure !== undefined) throw new Error([...lines.filter((line) => line !== failure), failure].join('; '));
  return id;
}
