import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type Fault, fault } from '#kernel';

const KEPT_BYTES = 32 * 1024;
const SHOWN = 1_000;
const SETPRIV = '/usr/bin/setpriv';
/** No script of any package runs; nothing comes from elsewhere than the registry. */
const SETTINGS = [
  ...['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--no-progress', '--no-update-notifier'],
  ...['--allow-git=none', '--allow-remote=none', '--json', '--loglevel=error', '--install-strategy=hoisted'],
];
const PASSED =
  /^(?:path|home|lang|https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_file|ssl_cert_dir|npm_config_(?:registry|userconfig|cafile|proxy|https_proxy|strict_ssl))$/i;
const NETWORK =
  /^(?:ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|E(?:NET|HOST)UNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|E5\d\d)$/;

export interface NpmInstall {
  readonly folder: string;
  /** For messages: `package@version`, or the folder. */
  readonly wanted: string;
  readonly npm: string;
  readonly registry: string;
  readonly timeoutMs: number;
}

/**
 * Runs `npm install` in a folder with a package.json, on this machine: then building the image needs no network. Faults:
 * NPM_MISSING, PACKAGE_UNKNOWN, PACKAGE_CHANGED, NETWORK_DOWN, DISK_FULL, INSTALL_FAILED.
 */
export async function npmInstall(run: NpmInstall, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(run.timeoutMs);
  const ending = AbortSignal.any([signal, limit]);
  const args = ['install', ...SETTINGS, ...(run.registry === '' ? [] : [`--registry=${run.registry}`])];
  const npm = findNpm(run.npm);
  // Ends with us, also when we are killed: nothing else sees to it.
  const [program, ...before] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...npm] : npm;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
  const child = spawn(program!, [...before, ...args], {
    cwd: run.folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = (): void => killGroup(child.pid);
  ending.addEventListener('abort', end, { once: true });
  if (ending.aborted) end();
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] = (said[name] + text).slice(-KEPT_BYTES);
    });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal.throwIfAborted();
    if (limit.aborted)
      throw fault('INSTALL_FAILED', `npm took longer than ${run.timeoutMs} ms for ${run.wanted}`, {
        kind: 'timeout',
        hint: 'try again, or raise containers.installMs',
      });
    if (code !== 0) throw failure(run.wanted, said.stdout, said.stderr);
  } finally {
    ending.removeEventListener('abort', end);
  }
}

/** npm is a script for Node: run by our own, so that what it says of Node is said of ours. */
function findNpm(configured: string): string[] {
  const folders = [path.dirname(process.execPath), ...(process.env.PATH ?? '').split(path.delimiter)];
  const places = configured === '' ? folders.filter(Boolean).map((folder) => path.join(folder, 'npm')) : [configured];
  for (const place of places) {
    try {
      accessSync(place, constants.X_OK);
      const file = realpathSync(place);
      return /\.c?js$/.test(file) ? [process.execPath, file] : [file];
    } catch {
      // not here
    }
  }
  throw fault('NPM_MISSING', 'npm was not found, beside Node or in PATH', {
    kind: 'unavailable',
    hint: 'install npm, or name it in containers.npm',
  });
}

function failure(wanted: string, stdout: string, stderr: string): Fault {
  const code = /"code":\s*"(\w+)"/.exec(stdout)?.[1] ?? /npm (?:error|ERR!) code (\w+)/.exec(stderr)?.[1] ?? '';
  if (code === 'E404' || code === 'ETARGET')
    return fault('PACKAGE_UNKNOWN', `the npm registry has no ${wanted}, or not all that it needs`, {
      kind: 'not_found',
      hint: 'compare name and version with the registry',
    });
  if (code === 'EINTEGRITY')
    return fault('PACKAGE_CHANGED', `what the registry sent for ${wanted} is not what it announced`, {
      kind: 'unavailable',
      hint: 'do not install it; where a mirror is at fault, clear the npm cache and try again',
    });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return fault('DISK_FULL', `the disk is full while installing ${wanted}`, {
      kind: 'unavailable',
      hint: 'free some space, or move containers.dir to another disk',
    });
  if (NETWORK.test(code))
    return fault('NETWORK_DOWN', `the npm registry could not be reached (${code}) to install ${wanted}`, {
      kind: 'unavailable',
      hint: 'try again when the network is back',
    });
  return fault('INSTALL_FAILED', `npm could not install ${wanted}: ${shown(stderr) || code || 'it said nothing'}`, {
    kind: 'unavailable',
    hint: 'the package itself is at fault, or it needs what is not here',
  });
}

/** The last of what it said, without what nobody may see. */
const shown = (text: string): string =>
  text
    .replace(/npm (?:error|ERR!) ?/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('_logs/'))
    .join('; ')
    .replace(/(_?auth(?:token)?|_?password|token)(["']?\s*[=:]\s*)\S+/gi, '$1$2***')
    .replace(/(\w:\/\/)[^\s/@]+@/g, '$1***@')
    .slice(-SHOWN);

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone already
  }
}
