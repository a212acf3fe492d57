import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JUDGES } from './install.ts';

/** The Node that the judges run on: they need 22.19, which the machine's own may not be. */
export function judgeNode(): string {
  const own = join(JUDGES, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(own) ? own : process.execPath;
}
