import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type Log, reason } from '#kernel';

const trustFile = z.strictObject({
  version: z.literal(1),
  /** Real folder to the hash of its files. */
  trusted: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});
const MOST = 10_000;

/** Which content of which folder is trusted: one small file, so that it survives a restart. */
export class TrustFile {
  readonly #file: string;
  readonly #log: Log;
  #trusted = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(dir: string, log: Log) {
    this.#file = path.join(path.resolve(dir), 'trust.json');
    this.#log = log;
  }

  hashOf(folder: string): string | undefined {
    return this.#trusted.get(folder);
  }

  /** A file that cannot be read trusts nothing. */
  async load(): Promise<void> {
    this.#trusted = await this.#read();
  }

  /** `undefined` takes trust back. */
  async set(folder: string, hash: string | undefined): Promise<void> {
    const work = this.#turn.then(async () => {
      // Another process may have written meanwhile.
      const trusted = await this.#read();
      trusted.delete(folder);
      if (hash !== undefined) trusted.set(folder, hash);
      const kept = [...trusted].slice(-MOST);
      await mkdir(path.dirname(this.#file), { recursive: true });
      const staged = `${this.#file}.${randomUUID()}`;
      const text = JSON.stringify({ version: 1, trusted: Object.fromEntries(kept) }, null, 2);
      try {
        await writeFile(staged, text, { mode: 0o600 });
        await rename(staged, this.#file);
      } finally {
        await rm(staged, { force: true });
      }
      this.#trusted = new Map(kept);
    });
    this.#turn = work.catch(() => {});
    return work;
  }

  async #read(): Promise<Map<string, string>> {
    try {
      const text = await readFile(this.#file, 'utf8');
      return new Map(Object.entries(trustFile.parse(JSON.parse(text)).trusted));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.error('SKILL_TRUST_FILE: it cannot be read, so nothing in it is trusted.', { reason: reason(error) });
      return new Map();
    }
  }
}
