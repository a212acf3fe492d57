import type { ChildProcess } from 'node:child_process';
import type { Artifact, LimitHit } from '../engine.ts';
import { Fault } from '../faults.ts';
import type { Options } from '../options.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';

const MIB = 1024 * 1024;
/** After the time limit: KeyboardInterrupt, then the worker is killed, then everything is. */
const INTERRUPT_GRACE_MS = 400;
const KILL_GRACE_MS = 2_000;

/** The supervisor's closing word on one execution. Written inside the sandbox: nothing in it is trusted to be there. */
export type Done = {
  result?: Record<string, unknown> | null;
  problem?: string | null;
  exit_code?: number | null;
  signal?: number | null;
  output_excess?: boolean;
  stdout_bytes?: number;
  stderr_bytes?: number;
  skipped?: { path: string; reason: string }[];
  elapsed_ms?: number;
};

export type RawOutcome = {
  done: Done | undefined;
  stdout: Buffer;
  stderr: Buffer;
  artifacts: Artifact[];
  limit: LimitHit | undefined;
  elapsedMs: number;
  timeoutMs: number;
};

type Running = {
  started: number;
  stdout: Buffer[];
  stderr: Buffer[];
  outputBytes: number;
  artifacts: Artifact[];
  artifactBytes: number;
  limit: LimitHit | undefined;
  timers: NodeJS.Timeout[];
  timeoutMs: number;
  finish: (done: Done | undefined) => void;
};

export type ProcessTraits = {
  /** bounds the time until the code begins to run */
  startMs?: number;
  /** false: a time limit ends the process at once */
  interruptible?: boolean;
  /** runs when the process says that it is loaded; no command is sent before */
  onLoaded?: () => Promise<void>;
  /** the first process inside the sandbox, as the host sees it */
  innerPid?: () => number | undefined;
  /** where no namespace takes the rest along: how long the supervisor may end its descendants before it is ended */
  killGraceMs?: number;
};

const OUTER_KILL_MS = 500;

/** The server's end of one sandbox: writes commands, reads frames, keeps time. */
export class SupervisedProcess {
  readonly #child: ChildProcess;
  readonly #options: Options;
  readonly #reader: FrameReader;
  readonly #startMs: number;
  readonly #interruptible: boolean;
  readonly #innerPid: ProcessTraits['innerPid'];
  readonly #killGraceMs: number;
  readonly #ready: Promise<void>;
  #loaded: (() => void) | undefined;
  readonly closed: Promise<void>;
  #diagnosis = '';
  #running: Running | undefined;
  #killed = false;
  #isClosed = false;

  constructor(
    child: ChildProcess,
    options: Options,
    { startMs = 15_000, interruptible = true, onLoaded, innerPid, killGraceMs = 0 }: ProcessTraits = {},
  ) {
    this.#child = child;
    this.#startMs = startMs;
    this.#interruptible = interruptible;
    this.#innerPid = innerPid;
    this.#killGraceMs = killGraceMs;
    this.#ready = onLoaded
      ? new Promise((resolve) => {
          this.#loaded = () => void onLoaded().then(resolve);
        })
      : Promise.resolve();
    this.#options = options;
    this.#reader = new FrameReader('lroead', options.artifactMib * MIB + 32 * MIB);
    this.closed = new Promise((resolve) => {
      child.once('close', () => resolve());
      child.once('error', (error) => {
        this.#diagnosis ||= error.message;
        resolve();
      });
    });
    void this.closed.then(() => {
      this.#isClosed = true;
      this.#running?.finish(undefined);
    });
    child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      if (this.#diagnosis.length < 4096) this.#diagnosis += chunk.toString('utf8', 0, 4096);
    });
    for (const stream of child.stdio) stream?.on('error', () => {}); // the other end may go at any time; 'close' tells
  }

  /** What the process wrote about itself before it ended, such as why bwrap refused to start. */
  get diagnosis(): string {
    return this.#diagnosis.trim().slice(0, 2000);
  }

  get alive(): boolean {
    return !this.#isClosed && !this.#killed;
  }

  async execute(command: object, timeoutMs: number, signal: AbortSignal | undefined): Promise<RawOutcome> {
    if (signal?.aborted) throw new Fault('CANCELLED', 'the call was cancelled');
    const { promise, resolve } = Promise.withResolvers<Done | undefined>();
    const running: Running = {
      started: performance.now(),
      stdout: [],
      stderr: [],
      outputBytes: 0,
      artifacts: [],
      artifactBytes: 0,
      limit: undefined,
      timers: [],
      timeoutMs,
      finish: resolve,
    };
    this.#running = running;
    const cancel = () => this.kill();
    signal?.addEventListener('abort', cancel, { once: true });
    this.#after(running, this.#startMs, () => this.kill());
    if (this.#isClosed) resolve(undefined);
    void this.#ready.then(() => this.#send('x', Buffer.from(JSON.stringify(command))));
    const done = await promise;
    signal?.removeEventListener('abort', cancel);
    for (const timer of running.timers) clearTimeout(timer);
    this.#running = undefined;
    if (signal?.aborted) throw new Fault('CANCELLED', 'the call was cancelled');
    return {
      done,
      stdout: Buffer.concat(running.stdout),
      stderr: Buffer.concat(running.stderr),
      artifacts: running.artifacts,
      limit: running.limit,
      elapsedMs: performance.now() - running.started,
      timeoutMs,
    };
  }

  /** A limit that was seen from outside: no grace. */
  exceed(limit: LimitHit): void {
    if (this.#running) this.#running.limit ??= limit;
    this.kill();
  }

  /**
   * Ends everything. The inner process first: with it the kernel ends the whole namespace, and bubblewrap, which waits
   * for that, exits last and leaves no zombie to whoever is process 1 of the host.
   */
  kill(): void {
    if (this.#isClosed) return;
    this.#killed = true;
    this.#child.stdin?.destroy();
    if (this.#killGraceMs > 0) {
      this.#killOuterAfter(this.#killGraceMs);
      return;
    }
    const inner = this.#innerPid?.();
    if (inner === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) {
      this.#child.kill('SIGKILL');
      return;
    }
    try {
      process.kill(inner, 'SIGKILL');
    } catch {
      // gone already
    }
    this.#killOuterAfter(OUTER_KILL_MS);
  }

  #killOuterAfter(ms: number): void {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ms);
    void this.closed.then(() => clearTimeout(timer));
  }

  /** Lets the supervisor end everything, which it does when stdin ends; then as kill(). Resolves when all is gone. */
  async close(kindMs = 250): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.kill(), this.#killed ? 0 : kindMs);
    await this.closed;
    clearTimeout(timer);
  }

  #receive(chunk: Buffer): void {
    let frames: Frame[];
    try {
      frames = this.#reader.push(chunk);
    } catch {
      this.kill();
      return;
    }
    for (const frame of frames) {
      if (frame.kind === 'l') this.#loaded?.();
      else if (this.#running) this.#take(this.#running, frame);
    }
  }

  #take(running: Running, { kind, payload }: Frame): void {
    if (kind === 'r') {
      running.started = performance.now();
      for (const timer of running.timers.splice(0)) clearTimeout(timer);
      this.#after(running, running.timeoutMs, () => this.#timeOut(running));
    } else if (kind === 'o' || kind === 'e') {
      if (running.outputBytes + payload.length > this.#options.outputBytes) return;
      running.outputBytes += payload.length;
      (kind === 'o' ? running.stdout : running.stderr).push(payload);
    } else if (kind === 'a') {
      this.#takeArtifact(running, payload);
    } else {
      running.finish(parse(payload.toString('utf8')) as Done | undefined);
    }
  }

  #takeArtifact(running: Running, payload: Buffer): void {
    const end = payload.indexOf(10);
    const header = parse(payload.toString('utf8', 0, Math.max(end, 0))) as { path?: unknown } | undefined;
    const content = payload.subarray(end + 1);
    running.artifactBytes += content.length;
    const fits =
      running.artifacts.length < this.#options.artifactFiles &&
      running.artifactBytes <= this.#options.artifactMib * MIB;
    if (fits && typeof header?.path === 'string') running.artifacts.push({ path: header.path, content });
  }

  #timeOut(running: Running): void {
    running.limit ??= 'timed_out';
    if (!this.#interruptible) {
      this.kill();
      return;
    }
    this.#send('i', Buffer.alloc(0));
    this.#after(running, INTERRUPT_GRACE_MS, () => this.#send('k', Buffer.alloc(0)));
    this.#after(running, INTERRUPT_GRACE_MS + KILL_GRACE_MS, () => this.kill());
  }

  #send(kind: string, payload: Buffer): void {
    const input = this.#child.stdin;
    if (input?.writable) input.write(encodeFrame(kind, payload));
  }

  #after(running: Running, ms: number, action: () => void): void {
    running.timers.push(setTimeout(action, ms));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
