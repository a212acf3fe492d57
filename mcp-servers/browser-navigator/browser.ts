import type { Browser as Chromium } from 'playwright-core';
import { browserProcesses, kill, memoryOf } from './browser-processes.ts';
import { findChromium } from './find-chromium.ts';
import { launch } from './launch.ts';
import type { Options } from './options.ts';
import { createTempFolder, removeTempFolder } from './temp-folder.ts';

const CLOSE_TIMEOUT_MS = 3_000;
const WATCH_MS = 500;

/** One running Chromium, its temporary folder, and the watch over the memory of all its processes. */
export class Browser {
  readonly chromium: Chromium;
  /** What the watch saw when it last ended a page or the browser. */
  outOfMemory: string | undefined;
  readonly #folder: string;
  readonly #limitMib: number;
  readonly #watch: NodeJS.Timeout;
  #pageEnded = false;
  #closed: Promise<void> | undefined;

  private constructor(chromium: Chromium, folder: string, limitMib: number) {
    this.chromium = chromium;
    this.#folder = folder;
    this.#limitMib = limitMib;
    this.#watch = setInterval(() => this.#checkMemory(), WATCH_MS);
    this.#watch.unref();
    chromium.once('disconnected', () => void this.close());
  }

  /** Throws Fault CHROMIUM_MISSING or BROWSER_FAILED. */
  static async start(options: Options, warn: (text: string) => void): Promise<Browser> {
    const program = findChromium(options.chromium);
    const folder = createTempFolder();
    try {
      // Playwright makes its profile where TMPDIR says, and has no option for it; this process has no other use of it.
      process.env.TMPDIR = folder;
      const { chromium } = await import('playwright-core');
      return new Browser(await launch(chromium, program, folder, options, warn), folder, options.memoryMib);
    } catch (error) {
      for (const each of browserProcesses(folder)) kill(each);
      await removeTempFolder(folder).catch(() => {});
      throw error;
    }
  }

  get connected(): boolean {
    return this.#closed === undefined && this.chromium.isConnected();
  }

  /** Resolves when no process of the browser is left and its folder is gone. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    const closed = this.chromium.close().catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)))]);
    clearTimeout(timer);
    for (const each of browserProcesses(this.#folder)) kill(each);
    await removeTempFolder(this.#folder).catch(() => {});
  }

  /** First the greediest page goes, so that other sessions live on; if that was not enough, the browser. */
  #checkMemory(): void {
    const processes = browserProcesses(this.#folder);
    const used = memoryOf(processes);
    if (used <= this.#limitMib) {
      this.#pageEnded = false;
      return;
    }
    this.outOfMemory = `the browser took ${Math.round(used)} MiB, the limit is ${this.#limitMib} MiB`;
    const [greediest] = processes.filter((each) => each.renderer).sort((a, b) => b.memoryMib - a.memoryMib);
    if (this.#pageEnded || greediest === undefined) for (const each of processes) kill(each);
    else kill(greediest);
    this.#pageEnded = true;
  }
}
