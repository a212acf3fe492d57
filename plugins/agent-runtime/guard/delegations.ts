import { alarm, OK } from './settings.ts';
import type { GuardVerdict } from './verdict.ts';

/** D8: a task that is given on unchanged to one below, who would give it on again. */
export function delegation(task: string, chain: readonly string[]): GuardVerdict {
  const given = plain(task);
  const same = chain.flatMap((each, at) => (plain(each) === given ? [at] : []));
  if (same.length === 0) return OK;
  const what = `This task was given on already, ${chain.length - same.at(-1)!} levels above: ${task.slice(0, 160)}`;
  return alarm('stop', 'delegation_loop', same, what);
}

const plain = (task: string): string =>
  task
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
