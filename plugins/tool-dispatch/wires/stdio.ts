import { fault, reason } from '#kernel';
import { idAtEnds, LineSplitter } from '../lines.ts';
import { masker } from '../masking.ts';
import type { Orphans } from '../orphans.ts';
import { launchProblem, ServerProcess, type StdioLaunch } from '../process.ts';
import { Outbox } from './outbox.ts';
import { StderrRing } from './stderr-ring.ts';
import type { Outgoing, Sink, Transport } from './transport.ts';

export interface StdioLimits {
  readonly maxResultBytes: number;
  readonly maxQueueBytes: number;
  readonly stderrBytes: number;
  readonly stopMs: number;
}

/** After the process ended, its last answers may still be in the pipe. */
const LAST_ANSWERS_MS = 100;

/** A server as a child process: one JSON-RPC message a line on stdin and stdout. */
export class StdioTransport implements Transport {
  readonly #launch: StdioLaunch;
  readonly #limits: StdioLimits;
  readonly #orphans: Orphans | undefined;
  readonly #mask: (text: string) => string;
  readonly #stderr: StderrRing;
  #process: ServerProcess | undefined;
  #outbox: Outbox | undefined;
  #sink: Sink | undefined;
  #over = false;
  garbage = 0;

  constructor(
    launch: StdioLaunch,
    limits: StdioLimits,
    orphans: Orphans | undefined,
    onStderr?: (text: string) => void,
  ) {
    this.#launch = launch;
    this.#limits = limits;
    this.#orphans = orphans;
    this.#mask = masker(launch);
    this.#stderr = new StderrRing(limits.stderrBytes, onStderr && ((text) => onStderr(this.#mask(text))));
  }

  get pid(): number | undefined {
    return this.#process?.child.pid;
  }

  async open(sink: Sink): Promise<void> {
    const problem = launchProblem(this.#launch);
    if (problem !== undefined) throw fault('LAUNCH_IMPOSSIBLE', problem, { kind: 'unavailable' });
    this.#sink = sink;
    const started = ServerProcess.start(this.#launch, this.#orphans);
    this.#process = started;
    const { child } = started;
    const lines = new LineSplitter(
      {
        line: (text) => this.#line(text),
        tooLong: (head, tail, bytes) => sink.oversize(idAtEnds(head, tail), bytes),
      },
      this.#limits.maxResultBytes,
    );
    child.stdout?.on('data', (chunk: Buffer) => lines.push(chunk));
    child.stdout?.on('error', () => {});
    // Nothing can come from it any more. Mostly its process has ended too, and then that is what is told.
    child.stdout?.once('end', () => setTimeout(() => this.#end('it closed its output'), LAST_ANSWERS_MS).unref());
    child.stderr?.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    child.stderr?.on('error', () => {});
    this.#outbox = new Outbox(child.stdin!, this.#limits.maxQueueBytes, (error) => {
      // A server that no longer reads is lost even when its process lives on.
      this.#end(`it closed its input (${error.message})`);
    });
    child.once('exit', (code, signal) => {
      const why = signal === null ? `its process exited with code ${code}` : `its process was ended by ${signal}`;
      const timer = setTimeout(() => this.#end(why), LAST_ANSWERS_MS);
      child.once('close', () => {
        clearTimeout(timer);
        this.#end(why);
      });
    });
    await new Promise<void>((done, failed) => {
      child.once('spawn', done);
      child.once('error', (error) => {
        failed(fault('LAUNCH_IMPOSSIBLE', this.#mask(reason(error)), { kind: 'unavailable' }));
        this.#end(reason(error));
      });
    });
  }

  send(text: string, about: Outgoing): void {
    if (!this.#over && this.#outbox?.push(text, about.id) === false && about.id !== undefined) {
      const why = `it does not read its input: ${this.#limits.maxQueueBytes} bytes wait for it`;
      this.#sink?.undelivered(about.id, fault('SERVER_UNAVAILABLE', why, { kind: 'unavailable' }));
    }
  }

  async close(): Promise<void> {
    this.#over = true;
    this.#outbox?.flush();
    await this.#process?.stop(this.#limits.stopMs);
  }

  lastWords(): string {
    return this.#mask(this.#stderr.lastLines());
  }

  #line(text: string): void {
    // Many servers print to stdout what belongs on stderr; it must not cost the connection.
    const first = text.charCodeAt(0);
    if (first === 123 || first === 91 || first === 32) this.#sink?.message(text);
    else {
      this.garbage++;
      this.#stderr.push(Buffer.from(`${text}\n`));
    }
  }

  #end(why: string): void {
    if (this.#over) return;
    this.#over = true;
    const unsent = this.#outbox?.unsent();
    void this.#process?.stop(this.#limits.stopMs);
    this.#sink?.closed(why, unsent);
  }
}
