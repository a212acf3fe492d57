import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';

export interface Npm {
  /** What to start, without arguments. */
  readonly command: readonly string[];
  /** The folder that holds npm's own files, where that is known. */
  readonly folder?: string;
}

/** npm as it is on this machine, run by our own Node, so that what it says of Node is said of ours. */
export function findNpm(configured: string): Npm | undefined {
  const beside = path.dirname(process.execPath);
  const folders = [beside, ...(process.env.PATH ?? '').split(path.delimiter)];
  const name = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const places = configured === '' ? folders.filter(Boolean).map((folder) => path.join(folder, name)) : [configured];
  for (const place of places) {
    try {
      accessSync(place, constants.X_OK);
      const file = realpathSync(place);
      // A script for Node, `.../npm/bin/npm-cli.js`; anything else is a program that finds its Node by itself.
      return /\.c?js$/.test(file)
        ? { command: [process.execPath, file], folder: path.resolve(file, '../..') }
        : { command: [file] };
    } catch {
      // not here
    }
  }
  return undefined;
}
