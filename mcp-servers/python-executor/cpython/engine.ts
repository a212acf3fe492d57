import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Engine, Execution, Interpreter, Outcome } from '../engine.ts';
import { Fault } from '../faults.ts';
import type { Options } from '../options.ts';
import { ENVIRONMENT, type SandboxMounts, sandboxArguments, WORK } from '../sandbox/bubblewrap.ts';
import { toOutcome } from '../sandbox/outcome.ts';
import { type Jail, possibleJails, spawnJailed } from '../sandbox/spawn-jailed.ts';
import { SupervisedProcess } from '../sandbox/supervised-process.ts';
import { trySandbox } from '../sandbox/try-sandbox.ts';
import { watchTree } from '../sandbox/watch-tree.ts';
import type { TempFolder } from '../temp-folder.ts';
import { findInterpreter, type InterpreterPaths } from './interpreter.ts';

const MIB = 1024 * 1024;
const VALUE_CHARS = 262_144;
const SOURCES = ['evaluate.py', 'artifacts.py', 'worker.py', 'supervisor.py'];
const UNSANDBOXED_KIND_MS = 1_500;

/** Does nothing, except to prove that the limit of processes holds: without it a fork bomb would take the host down. */
const TRIAL = `
import os, resource
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    child = os.fork()
except OSError:
    os._exit(0)
if child:
    os.write(2, b"the limit of processes is not enforced")
    os._exit(3)
os._exit(0)
`;

/** CPython, one process tree per interpreter, inside bubblewrap unless the operator allowed to go without. */
export class CPythonEngine implements Engine {
  readonly name = 'cpython';
  readonly label: string;
  readonly python: InterpreterPaths;
  readonly sandboxed: boolean;
  readonly #options: Options;
  readonly uid: number | undefined;
  readonly #source: string;
  readonly #jail: Jail | undefined;
  readonly #temp: TempFolder;
  readonly #open = new Set<Interpreter>();

  constructor(python: InterpreterPaths, jail: Jail | undefined, source: string, options: Options, temp: TempFolder) {
    this.python = python;
    this.sandboxed = jail !== undefined;
    this.label = `cpython ${python.version}, ${jail ? 'bubblewrap' : 'no sandbox'}`;
    this.#options = options;
    this.uid = jail?.uid;
    this.#source = source;
    this.#jail = jail;
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
      kindMs: this.sandboxed ? undefined : UNSANDBOXED_KIND_MS,
      // outside of a sandbox these are folders of the host, whose files are not those of the execution
      folders: this.sandboxed ? [WORK, '/tmp', '/dev/shm'] : [],
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
      uid: this.uid,
    };
  }

  #spawn(work: string, session: boolean, packages: string | undefined) {
    const limits = this.#limits(work, session, packages);
    const program = ['-I', '-B', '-c', this.#source, JSON.stringify(limits)];
    if (!this.#jail) {
      const env = { ...ENVIRONMENT, HOME: work, TMPDIR: work };
      const child = spawn(this.python.executable, program, { stdio: 'pipe', env, cwd: work });
      const process = new SupervisedProcess(child, this.#options, { killGraceMs: UNSANDBOXED_KIND_MS });
      return { process, sandboxPid: () => child.pid };
    }
    const mounts = packages === undefined ? {} : { packages };
    const { child, pid } = spawnJailed(this.#jail, this.python, program, mounts, this.#options);
    return { process: new SupervisedProcess(child, this.#options, { innerPid: pid }), sandboxPid: pid };
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

type Hooks = {
  watched: () => number | undefined;
  close: () => Promise<void>;
  kindMs: number | undefined;
  folders: string[];
};

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
    const limits = { memoryBytes: memoryMib * MIB, processes, files: diskFiles, folders: this.#hooks.folders };
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
  for (const jail of possibleJails(options, { canFork: true })) {
    const problem = await trySandbox(python, options, jail.uid, ['-I', '-S', '-c', TRIAL]);
    if (problem === undefined) return new CPythonEngine(python, jail, source, options, temp);
    problems.push(problem);
  }
  if (options.allowUnsandboxed) return new CPythonEngine(python, undefined, source, options, temp);
  throw new Fault(
    'SANDBOX_MISSING',
    `refusing to run untrusted code without a sandbox: ${[...new Set(problems)].join('; ') || 'bubblewrap needs Linux'}`,
    'install bubblewrap (and allow user namespaces), or use --engine pyodide, or, only where this whole server is contained already, start it with --allow-unsandboxed',
  );
}
