import { isFault, type Log, reason } from '#kernel';
import type { QueueConfig } from './config.ts';
import type { Outcome } from './job-store.ts';
import type { RunningJob } from './running-job.ts';

/** The other side had no room for it: `data.overloaded` of a RETRY_LATER. */
export const isOverloaded = (error: unknown): boolean =>
  isFault(error) && error.code === 'RETRY_LATER' && error.data.overloaded === true;

/** What becomes of a job whose work threw. */
export function outcomeOf(running: RunningJob, error: unknown, config: QueueConfig, log: Log): Outcome {
  const { attempts, pauseMs, maxPauseMs } = config;
  const { job, failures } = running.taken;
  if (running.ended === 'cancelled' || running.ended === 'lost') return { state: 'cancelled' };
  if (running.ended === 'stopping') return { state: 'waiting', dueAt: Date.now(), isFailure: false };
  const code = isFault(error) ? error.code : undefined;
  const said = `${code === undefined ? '' : `${code}: `}${reason(error)}`;
  if (code === 'RETRY_LATER' && isFault(error)) {
    const { afterMs } = error.data;
    const isUsable = typeof afterMs === 'number' && Number.isFinite(afterMs) && afterMs >= 0;
    const dueAt = Date.now() + Math.ceil(isUsable ? Math.min(afterMs, LONGEST_WAIT_MS) : pauseMs);
    return { state: 'waiting', dueAt, isFailure: false, error: said };
  }
  log.warn('a job failed', { lane: job.lane, job: job.id, attempt: failures + 1, of: attempts, reason: said });
  if (failures + 1 >= attempts) return { state: 'failed', error: said };
  // Not all at the same moment, where one cause failed many.
  const pause = Math.min(maxPauseMs, pauseMs * 2 ** failures) * (0.75 + Math.random() / 4);
  return { state: 'waiting', dueAt: Date.now() + Math.ceil(pause), isFailure: true, error: said };
}

const LONGEST_WAIT_MS = 366 * 86_400_000;
