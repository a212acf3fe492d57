import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';

/** A container that is ended holds its image until it is gone. */
const GOING_MS = 10_000;
const PAUSE_MS = 100;

/** Removes an image by its name; one that is still held, a moment later. `attempt` says when, and whether at all. */
export async function dropImage(
  engine: Engine,
  image: string,
  signal: AbortSignal,
  attempt: (remove: () => Promise<unknown>) => Promise<unknown> = (remove) => remove(),
): Promise<void> {
  for (const until = Date.now() + GOING_MS; ; ) {
    try {
      await attempt(() => engine.docker.getImage(image).remove({ abortSignal: engine.limit(signal) }));
      return;
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      if (statusCode === 404) return;
      if (statusCode !== 409 || Date.now() > until) throw error;
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
