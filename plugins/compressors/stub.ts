import type { PrunedOutput } from '#plugins/context/api';
import { head, tail } from './clip.ts';

const LINES = 2;
const UNITS = 160;

/** What stands for a masked output: what it was, how it begins and ends, and how to have it back. */
export function stubOf(output: string, { id, bytes }: PrunedOutput): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const first = head(lines.slice(0, LINES).join('\n'), UNITS);
  const last = lines.length > LINES ? tail(lines.slice(-LINES).join('\n'), UNITS) : '';
  const what = `${bytes} bytes, ${lines.length} lines, sha256 ${id}...`;
  return `[Output masked to save room: ${what} Call read_pruned with id "${id}" for the whole.]\n${first}${last && `\n...\n${last}`}`;
}
