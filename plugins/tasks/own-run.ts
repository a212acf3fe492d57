import { fault, isFault } from '#kernel';
import type { Trajectories } from '#plugins/trajectory/api';

/** What stands in a trajectory where a secret was. */
const MASK = '***';

/** Whether a run of this name is recorded here. Fault TASK_ID_TAKEN where it is that of another task. */
export async function hasRun(
  trajectories: Trajectories | undefined,
  run: string,
  description: string,
): Promise<boolean> {
  if (trajectories === undefined) return false;
  try {
    const { task } = await trajectories.get(run);
    if (isRecordOf(task, description)) return true;
  } catch (error) {
    if (isFault(error) && error.code === 'TRAJECTORY_UNKNOWN') return false;
    throw error;
  }
  throw idTaken(run);
}

/** Secrets are masked in what is recorded, and JSON may be written anew for it. */
function isRecordOf(recorded: string, description: string): boolean {
  const given = compact(description);
  const [first = '', ...rest] = compact(recorded).split(MASK);
  const last = rest.pop();
  if (last === undefined) return first === given;
  if (!given.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = given.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return given.length - at >= last.length && given.endsWith(last);
}

const compact = (text: string): string => text.toWellFormed().replace(/\s+/g, '');

export const idTaken = (id: string) =>
  fault('TASK_ID_TAKEN', `there is a run "${id}" of another task already`, {
    kind: 'conflict',
    hint: 'give this task another id, or none',
  });
