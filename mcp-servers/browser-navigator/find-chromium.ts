import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { Fault } from './faults.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const USUAL = [
  ...NAMES.map((name) => `/usr/bin/${name}`),
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser of this machine: the one that was named, else the first on PATH or in a usual place. None is downloaded. */
export function findChromium(named: string | undefined, searchPath = process.env.PATH ?? ''): string {
  if (named !== undefined) {
    if (isProgram(named)) return named;
    throw new Fault('CHROMIUM_MISSING', `${named} is no program that can be run`, 'correct --chromium or CHROMIUM');
  }
  const onPath = searchPath.split(path.delimiter).flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  const found = [...onPath, ...USUAL].find((file) => path.isAbsolute(file) && isProgram(file));
  if (found !== undefined) return found;
  throw new Fault(
    'CHROMIUM_MISSING',
    'no Chromium is installed on this machine',
    'install one (apt-get install chromium), or name one with --chromium or CHROMIUM',
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
