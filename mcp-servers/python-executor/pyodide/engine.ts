import { spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InterpreterPaths } from '../cpython/interpreter.ts';
import type { Engine, Execution, Interpreter, Outcome } from '../engine.ts';
import { Fault } from '../faults.ts';
import type { Options } from '../options.ts';
import { toOutcome } from '../sandbox/outcome.ts';
import { type Jail, possibleJails, spawnJailed } from '../sandbox/spawn-jailed.ts';
import { SupervisedProcess } from '../sandbox/supervised-process.ts';
import { trySandbox } from '../sandbox/try-sandbox.ts';
import { watchTree } from '../sandbox/watch-tree.ts';
import { forbidNewFiles } from './forbid-new-files.ts';

const MIB = 1024 * 1024;
const START_MS = 60_000;
/** Node, the WebAssembly code and the standard library, before any user code. */
const OVERHEAD_BYTES = 384 * MIB;
const SPARE_IDLE_MS = 300_000;
const VALUE_CHARS = 262_144;

type Prepared = { process: SupervisedProcess; pid: () => number | undefined };

/** Python compiled to WebAssembly, for where there is no Python or no sandbox. One process per interpreter. */
class PyodideEngine implements Engine {
  readonly name = 'pyodide';
  readonly label: string;
  readonly #options: Options;
  readonly #jail: Jail | undefined;
  readonly #node: InterpreterPaths;
  readonly #program: string[];
  readonly #open = new Set<SupervisedProcess>();
  #spare: Prepared | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: Options, node: InterpreterPaths, program: string[], jail: Jail | undefined, version: string) {
    this.#options = options;
    this.#node = node;
    this.#program = program;
    this.#jail = jail;
    this.label = `pyodide ${version}, WebAssembly${jail ? ' in bubblewrap' : ''}`;
  }

  async open(): Promise<Interpreter> {
    const spare = this.#spare?.process.alive ? this.#spare : undefined;
    this.#spare = undefined;
    const prepared = spare ?? this.#start();
    return new PyodideInterpreter(prepared, this.#options, this.label, () => {
      this.#open.delete(prepared.process);
      this.#prepareSpare();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#spareTimer);
    await Promise.all([...this.#open].map((each) => each.close()));
  }

  /** Loading takes a second or two, so after the first use one process waits ready for the next. */
  #prepareSpare(): void {
    if (this.#closed) return;
    if (!this.#spare?.process.alive) this.#spare = this.#start();
    clearTimeout(this.#spareTimer);
    this.#spareTimer = setTimeout(() => {
      const spare = this.#spare;
      this.#spare = undefined;
      if (spare) void spare.process.close().then(() => this.#open.delete(spare.process));
    }, SPARE_IDLE_MS);
    this.#spareTimer.unref();
  }

  #start(): Prepared {
    const prepared = this.#jail ? this.#startJailed(this.#jail) : this.#startPlain();
    this.#open.add(prepared.process);
    return prepared;
  }

  #startPlain(): Prepared {
    const child = spawn(this.#node.executable, this.#program, { stdio: 'pipe', env: {}, cwd: '/' });
    const process = new SupervisedProcess(child, this.#options, {
      startMs: START_MS,
      interruptible: false,
      onLoaded: () => forbidNewFiles(child.pid),
    });
    return { process, pid: () => child.pid };
  }

  #startJailed(jail: Jail): Prepared {
    const { child, pid } = spawnJailed(jail, this.#node, this.#program, {}, this.#options);
    return {
      process: new SupervisedProcess(child, this.#options, { startMs: START_MS, interruptible: false, innerPid: pid }),
      pid,
    };
  }
}

class PyodideInterpreter implements Interpreter {
  readonly #prepared: Prepared;
  readonly #options: Options;
  readonly #label: string;
  readonly #onClose: () => void;
  #closing: Promise<void> | undefined;

  constructor(prepared: Prepared, options: Options, label: string, onClose: () => void) {
    this.#prepared = prepared;
    this.#options = options;
    this.#label = label;
    this.#onClose = onClose;
  }

  async execute({ code, stdin, files, timeoutMs, signal }: Execution): Promise<Outcome> {
    const { process, pid } = this.#prepared;
    const limits = {
      memoryBytes: this.#options.memoryMib * MIB + OVERHEAD_BYTES,
      processes: 1_000,
      files: Infinity,
      folders: [],
    };
    const unwatch = watchTree(pid, limits, (limit) => process.exceed(limit));
    try {
      const raw = await process.execute({ code, files, ...(stdin !== undefined && { stdin }) }, timeoutMs, signal);
      return toOutcome(raw, this.#label, this.#options, process.diagnosis);
    } finally {
      unwatch();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#prepared.process.close().then(this.#onClose);
    return this.#closing;
  }
}

export async function createPyodideEngine(options: Options): Promise<Engine> {
  let pyodide: string;
  try {
    pyodide = realpathSync(dirname(fileURLToPath(import.meta.resolve('pyodide'))));
  } catch {
    throw new Fault(
      'PYTHON_MISSING',
      'the package "pyodide" is not installed',
      'npm install pyodide, or install python3 and bubblewrap',
    );
  }
  const version = (JSON.parse(readFileSync(join(pyodide, 'package.json'), 'utf8')) as { version: string }).version;
  const own = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
  const node: InterpreterPaths = { executable: realpathSync(process.execPath), version: process.version, folders: [] };
  node.folders.push(node.executable, own, pyodide, ...libraryFolders());
  const program = childProgram(own, pyodide, options);
  for (const jail of possibleJails(options, { canFork: false })) {
    const problem = await trySandbox(node, options, jail.uid, ['-e', '0']);
    if (problem === undefined) return new PyodideEngine(options, node, program, jail, version);
  }
  return new PyodideEngine(options, node, program, undefined, version);
}

function childProgram(own: string, pyodide: string, options: Options): string[] {
  const limits = {
    memory_bytes: options.memoryMib * MIB,
    output_bytes: options.outputBytes,
    artifact_files: options.artifactFiles,
    artifact_bytes: options.artifactMib * MIB,
    value_chars: VALUE_CHARS,
  };
  const flags = [
    '--permission',
    `--allow-fs-read=${own}`,
    `--allow-fs-read=${pyodide}`,
    '--disallow-code-generation-from-strings',
  ];
  flags.push('--max-old-space-size=256', '--no-warnings');
  if (Number(process.versions.node.split('.')[0]) >= 24) flags.push('--experimental-wasm-jspi');
  const sources = ['evaluate.py', 'artifacts.py', 'embedded.py'].map((name) => join(own, 'python', name));
  return [
    ...flags,
    join(own, 'pyodide', `child${extname(import.meta.url)}`),
    pyodide,
    JSON.stringify(limits),
    ...sources,
  ];
}

function libraryFolders(): string[] {
  const multiarch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string];
  return ['/usr/lib64', ...(multiarch ? [`/usr/lib/${multiarch}`, `/lib/${multiarch}`] : ['/usr/lib', '/lib'])];
}
