import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type BootedKernel, type BootKernelOptions, bootKernel, type LogLine } from './boot-kernel.ts';

/** A folder of plugins that a test writes, edits and drops while a kernel watches it. */
export class Workbench {
  readonly dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'workbench-')));
  readonly plugins = path.join(this.dir, 'plugins');
  #kernel: BootedKernel | undefined;

  constructor() {
    fs.mkdirSync(this.plugins);
  }

  write(plugin: string, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.plugins, plugin, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
  }

  file(plugin: string, name: string): string {
    return path.join(this.plugins, plugin, name);
  }

  remove(plugin: string, name = ''): void {
    fs.rmSync(path.join(this.plugins, plugin, name), { recursive: true });
  }

  async boot(options: BootKernelOptions): Promise<BootedKernel> {
    this.#kernel = await bootKernel({ dirs: [this.plugins], onlyDirs: true, watch: true, ...options });
    // Edits before the watcher is ready are found by comparing hashes, later; tests want to begin with a watcher.
    if (options.watch !== false) await this.#kernel.watching();
    return this.#kernel;
  }

  get kernel(): BootedKernel {
    return this.#kernel!;
  }

  async close(): Promise<void> {
    await this.#kernel?.stop();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

export const logged = (kernel: BootedKernel, part: string): LogLine | undefined =>
  kernel.lines.find(({ msg }) => msg.includes(part));

export const count = (kernel: BootedKernel, part: string): number =>
  kernel.lines.filter(({ msg }) => msg.includes(part)).length;

/** Polls until `condition` gives something; what it is goes into the error. */
export async function until<T>(what: string, condition: () => T | Promise<T>, ms = 5_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await pause(5);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
