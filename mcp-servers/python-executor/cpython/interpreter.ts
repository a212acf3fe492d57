import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '../faults.ts';

const run = promisify(execFile);

/** A real interpreter (no shim, no link) and the folders that it needs to work. */
export type InterpreterPaths = {
  executable: string;
  version: string;
  /** read-only binds, existing on the host; parents before children */
  folders: string[];
};

const DESCRIBE = `
import json, os, sys, sysconfig
real = os.path.realpath
stdlib, platlib = sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")
folders = [stdlib, platlib, *[path for path in sys.path if os.path.isdir(path)]]
link = sys.executable
while os.path.islink(link):  # a virtual environment points at the interpreter by way of other links
  link = os.path.join(os.path.dirname(link), os.readlink(link))
  folders.append(os.path.normpath(link))
multiarch = sysconfig.get_config_var("MULTIARCH") or ""
library = sysconfig.get_config_var("LIBDIR") if sysconfig.get_config_var("Py_ENABLE_SHARED") else None
print(json.dumps({
  "executable": sys.executable, "real": real(sys.executable), "version": sys.version.split()[0],
  "prefixes": [sys.prefix, sys.base_prefix], "folders": folders, "multiarch": multiarch, "library": library,
}))`;

type Description = {
  executable: string;
  real: string;
  version: string;
  prefixes: string[];
  folders: string[];
  multiarch: string;
  library: string | null;
};

/** Prefixes that hold much more than Python: of these only Python's own folders are bound. */
const SHARED_PREFIXES = ['/', '/usr', '/usr/local'];

/**
 * The first usable interpreter: the configured one, or the first python3 on PATH, or /usr/bin/python3. A shim (pyenv,
 * asdf) is asked once for the interpreter behind it. `readableBy` is the user id that must be able to read it: an
 * interpreter below a private home folder is passed over, since the sandbox could not open it.
 */
export async function findInterpreter(configured: string | undefined, readableBy: number | undefined) {
  const candidates = configured === undefined ? await onPath('python3') : [configured];
  const reasons: string[] = [];
  for (const candidate of candidates) {
    try {
      const paths = await describe(candidate);
      const hidden = readableBy === undefined ? undefined : await firstHidden(paths, readableBy);
      if (hidden === undefined) return paths;
      reasons.push(`${candidate}: the sandbox user cannot read ${hidden}`);
    } catch (error) {
      reasons.push(`${candidate}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`);
    }
  }
  throw new Fault(
    'PYTHON_MISSING',
    reasons.length > 0 ? `no usable Python interpreter (${reasons.join('; ')})` : 'no python3 on PATH',
    'install python3, set PYTHON to an interpreter, or use --engine pyodide',
  );
}

async function onPath(name: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin']) {
    const file = join(folder, name);
    if (!isAbsolute(file) || found.includes(file)) continue;
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      found.push(file);
  }
  return found;
}

async function describe(candidate: string): Promise<InterpreterPaths> {
  const { stdout } = await run(candidate, ['-I', '-c', DESCRIBE], { timeout: 10_000, maxBuffer: 1 << 20 });
  const python = JSON.parse(stdout) as Description;
  const [major = 0, minor = 0] = python.version.split('.').map(Number);
  if (major !== 3 || minor < 9) throw new Error(`Python ${python.version} is too old, 3.9 is the oldest that works`);
  const own = python.prefixes.filter((prefix) => !SHARED_PREFIXES.includes(prefix));
  const folders = [...own, python.executable, python.real, ...python.folders];
  if (python.library) folders.push(python.library);
  if (python.multiarch) folders.push(`/usr/lib/${python.multiarch}`, `/lib/${python.multiarch}`);
  else folders.push('/usr/lib', '/lib', '/usr/lib64');
  return { executable: python.executable, version: python.version, folders: withoutNested(folders) };
}

/** Sorted, and without what a parent in the list covers already. */
function withoutNested(folders: string[]): string[] {
  const kept: string[] = [];
  for (const folder of [...new Set(folders)].sort()) {
    if (!kept.some((parent) => folder.startsWith(`${parent}/`))) kept.push(folder);
  }
  return kept;
}

/** The first folder that this user id may not read. Asked by a process of that user, which is the only sure way. */
async function firstHidden(paths: InterpreterPaths, uid: number): Promise<string | undefined> {
  const script = 'import os,sys;print(next((p for p in sys.argv[1:] if os.path.exists(p) and not os.access(p,4)),""))';
  const probe = run(paths.executable, ['-I', '-S', '-c', script, ...paths.folders], {
    uid,
    gid: uid,
    timeout: 10_000,
    cwd: '/',
  });
  return probe.then(
    ({ stdout }) => stdout.trim() || undefined,
    () => paths.executable,
  );
}
