import type { ChildProcess } from 'node:child_process';
import { descendant } from './process-tree.ts';

/** After the kernel was told to end the first process: how long until bwrap itself is ended. */
const LAST_MS = 500;

/** The end of a server and of all that it started. */
export class Conclusion {
  readonly #child: ChildProcess;
  readonly #isGroup: boolean;
  readonly #graceMs: number;
  #asked = false;

  constructor(child: ChildProcess, isGroup: boolean, graceMs: number) {
    this.#child = child;
    this.#isGroup = isGroup;
    this.#graceMs = graceMs;
    // Without namespaces, what it left in its group lives on unless somebody ends it.
    if (isGroup) child.once('exit', () => this.#signal(-(child.pid ?? 0), 'SIGKILL'));
  }

  /** Passes a signal on to the server itself, and ends everything when that was of no use. */
  ask(server: number | undefined, signal: NodeJS.Signals): void {
    if (this.#asked || server === undefined) return this.kill();
    this.#asked = true;
    this.#signal(server, 'SIGCONT');
    this.#signal(server, signal);
    setTimeout(() => this.kill(), this.#graceMs).unref();
  }

  /**
   * Everything at once. The first process of the namespace goes first: with it the kernel ends all others, and bwrap,
   * which waits for that, exits last and leaves no zombie to whoever is process 1 here.
   */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (this.#isGroup) return this.#signal(-pid, 'SIGKILL');
    const first = descendant(pid, 1);
    if (first === undefined) return this.#signal(pid, 'SIGKILL');
    this.#signal(first, 'SIGKILL');
    setTimeout(() => this.#signal(pid, 'SIGKILL'), LAST_MS).unref();
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    if (pid === 0) return;
    try {
      process.kill(pid, signal);
    } catch {
      // gone already
    }
  }
}
