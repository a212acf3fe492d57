import { spawn } from 'node:child_process';
import type { InterpreterPaths } from '../cpython/interpreter.ts';
import type { Options } from '../options.ts';
import { sandboxArguments } from './bubblewrap.ts';

const TRY_MS = 10_000;

/** Runs the interpreter once in the sandbox, doing nothing. Resolves to why that does not work, or to undefined. */
export function trySandbox(
  python: InterpreterPaths,
  options: Options,
  uid: number | undefined,
  nothing: string[],
): Promise<string | undefined> {
  const args = [...sandboxArguments(python, options, {}, {}), python.executable, ...nothing];
  return new Promise((resolve) => {
    const child = spawn('bwrap', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH },
      cwd: '/',
      timeout: TRY_MS,
      killSignal: 'SIGKILL',
      ...(uid !== undefined && { uid, gid: uid }),
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString().slice(0, 2000);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      resolve(['ENOENT', 'EACCES'].includes(error.code ?? '') ? 'bubblewrap (bwrap) is not installed' : error.message);
    });
    child.once('close', (code) => {
      resolve(code === 0 ? undefined : `bubblewrap does not work here: ${stderr.trim() || `exit code ${code}`}`);
    });
  });
}
