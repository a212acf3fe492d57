import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Engine, Execution, Interpreter, Outcome } from '../engine.ts';
import { Fault } from '../faults.ts';
import type { Options } from '../options.ts';
import type { TempFolder } from '../temp-folder.ts';
import { findInterpreter, type InterpreterPaths } from './interpreter.ts';
import { toOutcome } from './outcome.ts';
import { ENVIRONMENT, type SandboxMounts, sandboxArguments, WORK } from './sandbox.ts';
import { seccompFilter } from './seccomp.ts';
import { SupervisedProcess } from './supervised-process.ts';
import { watchTree } from './watch-tree.ts';

const MIB = 1024 * 1024;
const VALUE_CHARS = 262_144;
const SOURCES = ['evaluate.py', 'artifacts.py', 'supervisor.py'];
const UNSANDBOXED_KIND_MS = 1_500;

/** CPython, one process tree per interpreter, inside bubblewrap unless the operator allowed to go without. */
export class CPythonEngine implements Engine {
  readonly name = 'cpython';
  readonly label: string;
  readonly python: InterpreterPaths;
  readonly sandboxed: boolean;
  readonly #options: Options;
  readonly #uid: number | undefined;
  readonly #source: string;
  readonly #seccomp: Buffer | undefined;
  readonly #temp: TempFolder;
  readonly #open = new Set<Interpreter>();

  constructor(
    python: InterpreterPaths,
    sandbox: Sandbox | undefined,
    source: string,
    options: Options,
    temp: TempFolder,
  ) {
    this.python = python;
    this.sandboxed = sandbox !== undefined;
    this.label = `cpython ${python.version}, ${sandbox ? 'bubblewrap' : 'no sandbox'}`;
    this.#options = options;
    this.#uid = sandbox?.uid;
    this.#source = source;
    this.#seccomp = sandbox ? seccompFilter(process.arch) : undefined;
    this.#temp = temp;
  }

  async open({ session, packages }: { session: boolean; packages?: string }): Promise<Interpreter> {
    const folder = this.sandboxed ? undefined : await this.#temp.create('work');
    const child = this.#spawn(folder ?? WORK, session, packages);
    const interpreter = new CPythonInterpreter(child.process, this.#options, this.label, {
      watched: child.sandboxPid,
      close: async () => {
        this.#open.delete(interpreter);
        if (folder !== undefined) await this.#temp.remove(folder);
      },
      kindMs: this.sandboxed ? 0 : UNSANDBOXED_KIND_MS,
    });
    this.#open.add(interpreter);
    return interpreter;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((interpreter) => interpreter.close()));
  }

  /** The command line that runs Python with these arguments in a sandbox of its own; for pip. */
  command(mounts: SandboxMounts, args: string[]): { file: string; args: string[]; uid: number | undefined } {
    if (!this.sandboxed) return { file: this.python.executable, args, uid: undefined };
    return {
      file: 'bwrap',
      args: [...sandboxArguments(this.python, this.#options, mounts, {}), this.python.executable, ...args],
      uid: this.#uid,
    };
  }

  #spawn(work: string, session: boolean, packages: string | undefined) {
    const limits = this.#limits(work, session, packages);
    const program = ['-I', '-B', '-c', this.#source, JSON.stringify(limits)];
    if (!this.sandboxed) {
      const env = { ...ENVIRONMENT, HOME: work, TMPDIR: work };
      const child = spawn(this.python.executable, program, { stdio: 'pipe', env, cwd: work });
      return { process: new SupervisedProcess(child, this.#options), sandboxPid: () => child.pid };
    }
    const fds = { infoFd: 3, ...(this.#seccomp && { seccompFd: 4 }) };
    const mounts = packages === undefined ? {} : { packages };
    const args = [...sandboxArguments(this.python, this.#options, mounts, fds), this.python.executable, ...program];
    const child = spawn('bwrap', args, {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', ...(this.#seccomp ? (['pipe'] as const) : [])],
      env: {},
      cwd: '/',
      ...(this.#uid !== undefined && { uid: this.#uid, gid: this.#uid }),
    });
    const [, , , info, filter] = child.stdio as (import('node:stream').Duplex | undefined)[];
    let sandboxPid: number | undefined;
    info?.once('data', (chunk: Buffer) => {
      sandboxPid = Number(/"child-pid": (\d+)/.exec(chunk.toString())?.[1]) || undefined;
    });
    filter?.end(this.#seccomp);
    return { process: new SupervisedProcess(child, this.#options), sandboxPid: () => sandboxPid };
  }

  #limits(work: string, session: boolean, packages: string | undefined): object {
    const options = this.#options;
    return {
      sandboxed: this.sandboxed,
      session,
      work,
      temp: this.sandboxed ? '/tmp' : work,
      package_paths: packages === undefined ? [] : [this.sandboxed ? '/packages' : packages],
      memory_bytes: options.memoryMib * MIB,
      file_bytes: options.diskMib * MIB,
      open_files: options.openFiles,
      processes: options.processes,
      output_bytes: options.outputBytes,
      artifact_files: options.artifactFiles,
      artifact_bytes: options.artifactMib * MIB,
      value_chars: VALUE_CHARS,
    };
  }
}

type Hooks = { watched: () => number | undefined; close: () => Promise<void>; kindMs: number };

class CPythonInterpreter implements Interpreter {
  readonly #process: SupervisedProcess;
  readonly #options: Options;
  readonly #label: string;
  readonly #hooks: Hooks;
  #closing: Promise<void> | undefined;

  constructor(process: SupervisedProcess, options: Options, label: string, hooks: Hooks) {
    this.#process = process;
    this.#options = options;
    this.#label = label;
    this.#hooks = hooks;
  }

  async execute({ code, stdin, files, timeoutMs, signal }: Execution): Promise<Outcome> {
    const { memoryMib, processes, diskFiles } = this.#options;
    const limits = { memoryBytes: memoryMib * MIB, processes, files: diskFiles, folders: [WORK, '/tmp', '/dev/shm'] };
    const unwatch = watchTree(this.#hooks.watched, limits, (limit) => this.#process.exceed(limit));
    try {
      const command = {
        code,
        files,
        cpu_seconds: Math.ceil(timeoutMs / 1000) * 2,
        ...(stdin !== undefined && { stdin }),
      };
      const raw = await this.#process.execute(command, timeoutMs, signal);
      return toOutcome(raw, this.#label, this.#options, this.#process.diagnosis);
    } finally {
      unwatch();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#process.close(this.#hooks.kindMs).then(this.#hooks.close);
    return this.#closing;
  }
}

/** How bubblewrap is started: as this user id where the server is root, so that the limits of the kernel count. */
export type Sandbox = { uid: number | undefined };

/** Finds the interpreter, proves that the sandbox starts, and says clearly which of the two is missing. */
export async function createCPythonEngine(options: Options, temp: TempFolder): Promise<CPythonEngine> {
  if (process.platform === 'win32')
    throw new Fault('PYTHON_MISSING', 'CPython is not supported on Windows', 'use --engine pyodide');
  const uid = process.getuid?.() === 0 ? options.sandboxUid : undefined;
  const python = await findInterpreter(options.python, options.allowUnsandboxed ? undefined : uid);
  const parts = await Promise.all(
    SOURCES.map((name) => readFile(new URL(`../python/${name}`, import.meta.url), 'utf8')),
  );
  const source = `${parts.join('\n')}\nmain()\n`;
  const problems: string[] = [];
  for (const candidate of uid === undefined ? [{ uid }] : [{ uid }, { uid: undefined }]) {
    const problem = await trySandbox(python, options, candidate);
    if (problem === undefined) return new CPythonEngine(python, candidate, source, options, temp);
    problems.push(problem);
  }
  if (options.allowUnsandboxed) return new CPythonEngine(python, undefined, source, options, temp);
  throw new Fault(
    'SANDBOX_MISSING',
    `refusing to run untrusted code without a sandbox: ${problems[0]}`,
    'install bubblewrap (and allow user namespaces), or use --engine pyodide, or, only where this whole server is contained already, start it with --allow-unsandboxed',
  );
}

function trySandbox(python: InterpreterPaths, options: Options, { uid }: Sandbox): Promise<string | undefined> {
  const args = [...sandboxArguments(python, options, {}, {}), python.executable, '-I', '-S', '-c', 'pass'];
  return new Promise((resolve) => {
    const child = spawn('bwrap', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {},
      cwd: '/',
      timeout: 10_000,
      killSignal: 'SIGKILL',
      ...(uid !== undefined && { uid, gid: uid }),
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString().slice(0, 2000);
    });
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? 'bubblewrap (bwrap) is not installed' : error.message),
    );
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : `bubblewrap does not work here: ${stderr.trim() || `exit code ${code}`}`),
    );
  });
}
