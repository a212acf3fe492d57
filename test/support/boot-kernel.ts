import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Token } from '#kernel';
import { boot } from '../../kernel/boot.ts';
import type { AnyPlugin } from '../../kernel/contract.ts';
import type { Host } from '../../kernel/host.ts';
import { type Level, LogSink } from '../../kernel/log.ts';
import { HOST_DIR } from '../../kernel/resolve.ts';
import type { KernelStatus } from '../../kernel/services.ts';

/** A service that stands in for a plugin: `fakes: [fake(LLM, scripted)]`, or the bare pair. */
export type Fake = readonly [Token<unknown>, object];
export const fake = <T extends object>(service: Token<T>, value: T): Fake => [service, value];

export interface BootKernelOptions {
  /** Ids and their options, as in a pipeline file; in this or in `pipeline`. */
  readonly plugins?: Readonly<Record<string, object | 'off' | null>>;
  /** A pipeline file to start from; `plugins` then add to it. */
  readonly pipeline?: string;
  /** More folders with plugins, besides the project's `plugins/`. */
  readonly dirs?: readonly string[];
  /** Only `dirs`, not the project's `plugins/`. */
  readonly onlyDirs?: boolean;
  readonly fakes?: readonly Fake[];
  readonly mode?: 'server' | 'worker' | 'cli';
  readonly watch?: boolean;
  readonly drop?: boolean;
  readonly limits?: Readonly<Record<string, number>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly logLevel?: Level;
}

export interface LogLine {
  readonly level: Level;
  readonly plugin?: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface BootedKernel {
  readonly host: Host;
  /** The pipeline file that runs: edit it to test a change of the pipeline. */
  readonly file: string;
  readonly lines: readonly LogLine[];
  get<T>(service: Token<T>): T;
  all<T>(service: Token<T>): ReadonlyMap<string, T>;
  status(): KernelStatus;
  settled(): Promise<void>;
  watching(): Promise<void>;
  stop(): Promise<void>;
}

/** Boots a real kernel in this process, quietly. Throws a fault that lists the problems when the pipeline is wrong. */
export async function bootKernel(options: BootKernelOptions): Promise<BootedKernel> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'boot-kernel-'));
  const file = path.join(dir, 'pipeline.yaml');
  const { mode, drop, limits } = options;
  const pipeline = {
    kernel: 1,
    ...(options.pipeline === undefined ? { mode: mode ?? 'server' } : { include: [path.resolve(options.pipeline)] }),
    ...(mode === undefined ? {} : { mode }),
    ...(drop === undefined ? {} : { drop }),
    ...(limits === undefined ? {} : { limits }),
    ...(options.dirs === undefined ? {} : { dirs: options.dirs.map((each) => path.resolve(each)) }),
    plugins: options.plugins ?? {},
  };
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(pipeline, null, 2));
  const lines: LogLine[] = [];
  const sink = new LogSink({
    level: options.logLevel ?? 'debug',
    pretty: false,
    write: (line) => lines.push(JSON.parse(line) as LogLine),
  });
  const remove = (): void => fs.rmSync(dir, { recursive: true, force: true });
  try {
    const env = { ...process.env, ...options.env };
    const searched = options.onlyDirs ? { searched: [] } : {};
    const given = fakesPlugin(options.fakes ?? []);
    const kernel = await boot({ file, env, sink, given, watch: options.watch ?? false, ...searched });
    return {
      host: kernel.host,
      file,
      lines,
      get: <T>(service: Token<T>) => kernel.host.board.get(service) as T,
      all: <T>(service: Token<T>) => kernel.host.board.all(service) as ReadonlyMap<string, T>,
      status: () => kernel.host.status(),
      settled: () => kernel.settled(),
      watching: () => kernel.watching(),
      stop: async () => {
        await kernel.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** One plugin that provides all fakes. */
function fakesPlugin(fakes: readonly Fake[]): AnyPlugin[] {
  if (fakes.length === 0) return [];
  return [
    {
      name: 'fakes',
      summary: 'Stand-ins of a test.',
      config: z.strictObject({}),
      provides: Object.fromEntries(fakes.map(([service], index) => [`fake${index}`, service])),
      create: () => Object.fromEntries(fakes.map(([, value], index) => [`fake${index}`, value])),
    },
  ];
}

/** The Node that the project brings, which is not always the one that runs the tests. */
export const PROJECT_NODE = process.execPath;
export const KERNEL_BIN = path.join(HOST_DIR, 'kernel', 'bin.js');

export interface KernelProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** All that was written so far. */
  readonly output: { stdout: string; stderr: string };
  /** Log lines so far. */
  lines(): LogLine[];
  /** SIGTERM, and SIGKILL if that is not enough; resolves to the exit code. */
  stop(): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

export interface KernelProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly args?: readonly string[];
  readonly node?: string;
  /** Give up waiting for the ready line; default 20 s. */
  readonly timeoutMs?: number;
}

/** Runs `kernel start PIPELINE` in a process of its own and waits for its ready line. */
export async function startKernelProcess(pipeline: string, options: KernelProcessOptions = {}): Promise<KernelProcess> {
  const child = spawn(options.node ?? PROJECT_NODE, [KERNEL_BIN, 'start', pipeline, ...(options.args ?? [])], {
    env: { ...process.env, ...options.env },
    cwd: options.cwd ?? process.cwd(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  const timeoutMs = options.timeoutMs ?? 20_000;
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`no ready line after ${timeoutMs} ms:\n${output.stderr}`));
    }, timeoutMs);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
      if (!output.stderr.includes('"Kernel ready."')) return;
      clearTimeout(late);
      resolve();
    });
    void exited.then((code) => {
      clearTimeout(late);
      reject(new Error(`ended with ${code} before it was ready:\n${output.stderr}`));
    });
  });
  return {
    child,
    pid: child.pid!,
    output,
    exited,
    lines: () =>
      output.stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : [])),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
      const code = await exited;
      clearTimeout(force);
      return code;
    },
  };
}
