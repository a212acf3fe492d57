import type { CompressionJob, Message } from '#plugins/context/api';
import { clipOutputs } from './clip.ts';

/** Less than this is no use of a clipped message. */
const WORTH_TOKENS = 200;

export interface Recent {
  /** What stays, and as what. */
  readonly kept: ReadonlyMap<Message, Message>;
  /** What goes, oldest first. */
  readonly dropped: readonly Message[];
}

/**
 * The pinned messages, and the newest others that `room` tokens hold: whole messages in an unbroken row, so each call with
 * its result. The newest that has outputs is clipped where it is too large. The last of the history stays in any case:
 * the model has not seen it yet.
 */
export async function keepRecent(
  history: readonly Message[],
  pinned: ReadonlySet<Message>,
  room: number,
  job: CompressionJob,
): Promise<Recent> {
  const kept = new Map<Message, Message>([...pinned].map((message) => [message, message]));
  let left = room;
  let isNewest = true;
  for (const message of history.toReversed()) {
    if (kept.has(message)) continue;
    let taken = message;
    if (job.counter.message(message) > left) {
      const isLast = message === history.at(-1);
      if (!isLast && !(isNewest && left >= WORTH_TOKENS)) break;
      taken = await clipOutputs(message, left, job);
      if (!isLast && job.counter.message(taken) > left) break;
    }
    isNewest = false;
    kept.set(message, taken);
    left -= job.counter.message(taken);
  }
  return { kept, dropped: history.filter((message) => !kept.has(message)) };
}
