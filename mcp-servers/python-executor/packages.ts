import { spawn } from 'node:child_process';
import type { CPythonEngine } from './cpython/engine.ts';
import type { Engine } from './engine.ts';
import { Fault } from './faults.ts';
import type { Options } from './options.ts';
import type { Sessions } from './sessions.ts';

const INSTALL_MS = 180_000;
const LOG_CHARS = 8_000;

/** What an installation needs of the server program. */
export interface Installing {
  readonly options: Options;
  readonly sessions: Pick<Sessions, 'packagesFolder'>;
  engine(): Promise<Engine>;
}

/**
 * Installs allowed packages for one session: pip runs in a sandbox of its own that has the network and can write only
 * the session's package folder. Wheels only, since a source package would run its own code during installation.
 */
export async function installPackages(
  executor: Installing,
  session: string,
  packages: string[],
  signal: AbortSignal,
): Promise<{ installed: string[]; log: string }> {
  const { allowPackages } = executor.options;
  if (allowPackages.length === 0) {
    throw new Fault(
      'PACKAGES_REFUSED',
      'installing packages is switched off',
      'the operator can allow packages by name: --allow-packages numpy,pandas',
    );
  }
  for (const requirement of packages) checkAllowed(requirement, allowPackages);
  const engine = await executor.engine();
  if (engine.name !== 'cpython')
    throw new Fault('PACKAGES_REFUSED', `${engine.label} has the standard library only`, 'run the server with CPython');
  return executor.sessions.packagesFolder(session, (folder) =>
    runPip(engine as CPythonEngine, folder, packages, executor.options.packageIndex, signal),
  );
}

/** A name, perhaps with extras and an exact or bounded version; never a URL, a path or an option of pip. */
function checkAllowed(requirement: string, allowed: string[]): void {
  const name =
    /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9,._-]+\])?(?:\s*(?:==|>=|<=|~=|!=|<|>)\s*[A-Za-z0-9.*+!_-]+)?$/.exec(
      requirement,
    )?.[1];
  if (name === undefined) {
    throw new Fault(
      'BAD_INPUT',
      `"${requirement}" is not a package name with an optional version`,
      'for example "attrs" or "attrs==25.1.0"',
    );
  }
  const normal = (text: string) => text.toLowerCase().replace(/[-_.]+/g, '-');
  if (!allowed.some((each) => normal(each) === normal(name))) {
    throw new Fault(
      'PACKAGES_REFUSED',
      `package "${name}" is not allowed here; allowed: ${allowed.join(', ')}`,
      `the operator can add it: --allow-packages ${[...allowed, name].join(',')}`,
    );
  }
}

async function runPip(
  engine: CPythonEngine,
  folder: string,
  packages: string[],
  index: string | undefined,
  signal: AbortSignal,
) {
  const target = engine.sandboxed ? '/packages' : folder;
  const pip = [
    '-I',
    '-m',
    'pip',
    'install',
    '--target',
    target,
    '--upgrade',
    '--only-binary',
    ':all:',
    '--no-input',
    '--no-cache-dir',
  ];
  pip.push(
    '--disable-pip-version-check',
    '--retries',
    '1',
    '--timeout',
    '15',
    ...(index === undefined ? [] : ['--index-url', index]),
  );
  const { file, args, uid } = engine.command({ network: true, writable: folder }, [...pip, '--', ...packages]);
  const env = { PATH: process.env.PATH, ...(!engine.sandboxed && { HOME: folder }) };
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    cwd: '/',
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let log = '';
  const collect = (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-LOG_CHARS);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const end = () => child.kill('SIGKILL');
  const timer = setTimeout(end, INSTALL_MS);
  signal.addEventListener('abort', end, { once: true });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      log += error.message;
      resolve(-1);
    });
    child.once('close', resolve);
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
  if (signal.aborted) throw new Fault('CANCELLED', 'the call was cancelled');
  if (code !== 0) {
    const reason =
      log
        .split('\n')
        .filter((line) => /error|no matching/i.test(line))
        .at(-1) ??
      log.trim().split('\n').at(-1) ??
      '';
    throw new Fault(
      'PACKAGES_FAILED',
      `pip could not install ${packages.join(', ')}: ${reason.trim()}`,
      'check the name and version, and that the package index can be reached (--package-index)',
    );
  }
  const installed = /Successfully installed (.+)/.exec(log)?.[1]?.trim().split(/\s+/) ?? packages;
  return { installed, log: log.trim() };
}
