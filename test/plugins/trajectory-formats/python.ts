import { execFileSync, spawnSync } from 'node:child_process';

/** Whether this machine has a Python that can read what was written, independently of this project. */
export const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;

/** What a script prints as JSON about a file. */
export const python = (script: string, file: string): unknown =>
  JSON.parse(
    execFileSync('python3', ['-c', `import json, sys\n${script}`, file], { encoding: 'utf8', maxBuffer: 1 << 26 }),
  );
