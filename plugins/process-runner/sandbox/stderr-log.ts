import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { SandboxPlan } from './plan.ts';

const LONGEST_LINE = 8_192;
const SHORTEST_SECRET = 4;
const BURST_S = 4;

/**
 * What a server writes to stderr: into a file that is bounded and rotated, and on to our own stderr, with the values of
 * its secrets hidden. One that writes faster than `bytesPerSecond` is read more slowly, and so waits for us.
 */
export class StderrLog {
  readonly #log: SandboxPlan['log'];
  readonly #secrets: readonly string[];
  #size: number;
  #rest = '';
  #budget: number;
  #refilled = performance.now();
  #broken = false;

  constructor(log: SandboxPlan['log'], secrets: readonly string[]) {
    this.#log = log;
    this.#secrets = secrets.filter(({ length }) => length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
    mkdirSync(path.dirname(log.file), { recursive: true, mode: 0o700 });
    this.#size = statSync(log.file, { throwIfNoEntry: false })?.size ?? 0;
    this.#budget = log.bytesPerSecond * BURST_S;
  }

  read(stream: Readable): void {
    stream.setEncoding('utf8').on('data', (text: string) => {
      this.#take(text);
      const waitMs = this.#spend(text.length);
      if (waitMs > 0) {
        stream.pause();
        setTimeout(() => stream.resume(), waitMs).unref();
      }
    });
    stream.on('error', () => {});
  }

  /** A line of our own. */
  say(sentence: string): void {
    this.#write(`[process-runner] ${sentence}\n`);
  }

  end(): void {
    if (this.#rest !== '') this.#write(`${this.#rest}\n`);
    this.#rest = '';
  }

  /** How long to read no more, in milliseconds. */
  #spend(bytes: number): number {
    const { bytesPerSecond } = this.#log;
    const now = performance.now();
    this.#budget = Math.min(bytesPerSecond * BURST_S, this.#budget + ((now - this.#refilled) / 1_000) * bytesPerSecond);
    this.#refilled = now;
    this.#budget -= bytes;
    return this.#budget < 0 ? (-this.#budget / bytesPerSecond) * 1_000 : 0;
  }

  /** By whole lines, so that no secret is cut in two; a line without end is cut all the same. */
  #take(text: string): void {
    const all = this.#rest + text;
    const end = all.lastIndexOf('\n') + 1;
    this.#rest = all.slice(end);
    if (end > 0) this.#write(all.slice(0, end));
    if (this.#rest.length > LONGEST_LINE) {
      this.#write(`${this.#rest}\n`);
      this.#rest = '';
    }
  }

  #write(text: string): void {
    let shown = text;
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, '***');
    process.stderr.write(shown);
    if (this.#broken) return;
    try {
      if (this.#size > this.#log.bytes) this.#rotate();
      appendFileSync(this.#log.file, shown, { mode: 0o600 });
      this.#size += Buffer.byteLength(shown);
    } catch {
      this.#broken = true; // a full disk must not end the server
    }
  }

  #rotate(): void {
    const { file, files } = this.#log;
    for (let at = files - 1; at > 0; at--) {
      const from = at === 1 ? file : `${file}.${at - 1}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${file}.${at}`);
    }
    this.#size = 0;
  }
}
