import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fault } from '#kernel';

const SERVER = /^[a-z0-9][a-z0-9._-]{0,99}$/;

const version = z.strictObject({
  server: z.string(),
  /** Digest of what the image is made of. */
  key: z.string(),
  image: z.string(),
  imageId: z.string(),
  transport: z.enum(['stdio', 'http']),
  /** In the image: what Node runs. Undefined: the image's own entry point. */
  entry: z.string().optional(),
  volume: z.string().optional(),
  /** On loopback of this machine, for http. */
  port: z.number().optional(),
  innerPort: z.number(),
  path: z.string(),
});
export type Version = z.output<typeof version>;
const wanted = version.extend({
  /** What it took the place of, until it is known to serve. */
  replaced: version.optional(),
});
/** A server that stands here, as it is kept over restarts. */
export type Wanted = z.output<typeof wanted>;

/**
 * What is to run, one file a server, so that a restart needs nobody's memory: the engine's restart policies leave out
 * what a killed engine stopped.
 */
export class WantedServers {
  readonly #dir: string;
  readonly #all = new Map<string, Wanted>();
  /** Of this folder: containers of other kernels on the same engine carry another one. */
  instance = '';

  constructor(dir: string) {
    this.#dir = path.join(dir, 'servers');
  }

  /** Files that cannot be read count as absent: their servers are installed again on demand. */
  load(): void {
    this.instance = this.#ownId();
    for (const name of namesIn(this.#dir)) {
      if (!name.endsWith('.json')) continue;
      const found = wanted.safeParse(readJson(path.join(this.#dir, name)));
      if (found.success && `${found.data.server}.json` === name) this.#all.set(found.data.server, found.data);
    }
  }

  get all(): readonly Wanted[] {
    return [...this.#all.values()];
  }
  get(server: string): Wanted | undefined {
    return this.#all.get(server);
  }

  async put(server: Wanted): Promise<void> {
    const file = this.#file(server.server);
    await this.#ensureDir();
    const temporary = `${file}.${randomBytes(4).toString('hex')}`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(server));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    this.#all.set(server.server, server);
  }

  remove(server: string): void {
    this.#all.delete(server);
    rmSync(this.#file(server), { force: true });
  }

  async #ensureDir(): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
  }

  /** Random, and kept: made with the first server, so that a kernel that runs none leaves no folder. */
  #ownId(): string {
    return readText(path.join(this.#dir, 'instance')) || randomBytes(8).toString('hex');
  }

  /** Before anything is made in the engine: what carries an id that nobody kept would be nobody's. */
  async keepId(): Promise<void> {
    const file = path.join(this.#dir, 'instance');
    if (readText(file) === this.instance) return;
    await this.#ensureDir();
    const handle = await open(file, 'w', 0o600);
    await handle.writeFile(this.instance);
    await handle.sync();
    await handle.close();
  }

  #file(server: string): string {
    if (!SERVER.test(server))
      throw fault('SERVER_ID_INVALID', `"${server.slice(0, 100)}" is no id of a server`, {
        kind: 'invalid',
        hint: 'use lower case, digits and dashes',
      });
    return path.join(this.#dir, `${server}.json`);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch {
    return undefined;
  }
}
