import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runToEnd } from './run-to-end.ts';

// node test/judges/install.ts                  the judges, a package registry among them
// node test/judges/install.ts real-servers     the MCP servers by others (needed only by the tests that call them)
// Does nothing where the lock file has been installed already.

/** Where the judges' own package.json is. */
export const JUDGES = import.meta.dirname;
/** Where that of the package registry is, which needs a tree of its own. */
export const VERDACCIO = join(JUDGES, 'verdaccio');
/** Where that of the servers by others is. */
export const REAL_SERVERS = join(JUDGES, 'real-servers');

const INSTALL_LIMIT_MS = 600_000;

/** True when `node_modules` was made from the lock file as it is now. */
export function isInstalled(folder: string): boolean {
  const stamp = stampFile(folder);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash(folder);
}

/** Installs what the lock file of the folder says, without running any package's scripts. Safe to call from many processes. */
export async function ensureInstalled(folder: string): Promise<void> {
  const deadline = Date.now() + INSTALL_LIMIT_MS;
  const turn = join(folder, '.installing');
  while (!isInstalled(folder)) {
    if (takeTurn(turn)) {
      try {
        await install(folder);
      } finally {
        rmSync(turn, { recursive: true, force: true });
      }
    } else if (Date.now() > deadline) {
      throw new Error(`${folder}: another process has been installing for 10 minutes; remove ${turn} if there is none`);
    } else {
      await sleep(250);
    }
  }
}

async function install(folder: string): Promise<void> {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code, stderr } = await runToEnd('npm', args, { cwd: folder, timeoutMs: INSTALL_LIMIT_MS });
  if (code !== 0) throw new Error(`npm ${args.join(' ')} in ${folder} failed with ${code}:\n${stderr}`);
  writeFileSync(stampFile(folder), lockHash(folder));
}

/** A folder is made by one process only. One that is older than any install was left behind by a killed process. */
function takeTurn(turn: string): boolean {
  try {
    if (Date.now() - statSync(turn).mtimeMs > INSTALL_LIMIT_MS) rmSync(turn, { recursive: true, force: true });
  } catch {}
  try {
    mkdirSync(turn);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const stampFile = (folder: string) => join(folder, 'node_modules', '.lock-sha256');
const lockHash = (folder: string) =>
  createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');

if (import.meta.main) {
  const folders = process.argv[2] === 'real-servers' ? [REAL_SERVERS] : [JUDGES, VERDACCIO];
  for (const folder of folders) {
    await ensureInstalled(folder);
    process.stdout.write(`installed ${folder}\n`);
  }
}
