import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { fault } from '#kernel';
import { listOutputs } from './list-outputs.ts';
import type { PrunedOutput } from './message.ts';

const ID = /^[0-9a-f]{16}$/;
const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

export interface OutputLimits {
  readonly dir: string;
  readonly maxMb: number;
  readonly maxAgeDays: number;
}

/**
 * Whole outputs that were masked in a history, one file each, named by content: what is kept twice is there once, and any
 * number of processes share the folder. A file is never seen half-written.
 */
export class PrunedOutputs {
  readonly #limits: OutputLimits;
  /** Bytes in the folder, as far as this process knows; undefined before the first look. */
  #bytes: number | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(limits: OutputLimits) {
    this.#limits = limits;
  }

  get detail(): Record<string, unknown> {
    return { dir: this.#limits.dir, ...(this.#bytes !== undefined && { mb: Math.round(this.#bytes / MIB) }) };
  }

  /** Durable when it resolves. */
  async keep(output: string): Promise<PrunedOutput> {
    const content = encode(output);
    const id = idOf(content);
    const bytes = Buffer.byteLength(output);
    const file = this.#file(id);
    const now = new Date();
    const there = await readFile(file).catch(() => undefined);
    if (there?.equals(content)) await utimes(file, now, now);
    else {
      await this.#write(file, content);
      this.#bytes = (this.#bytes ?? 0) + content.length;
      if (this.#bytes > this.#limits.maxMb * MIB) await this.sweep();
    }
    return { id, bytes };
  }

  async read(id: string): Promise<string> {
    const content = ID.test(id) ? await readFile(this.#file(id)).catch(() => undefined) : undefined;
    // A file that another program damaged must not be taken for the output.
    if (content === undefined || idOf(content) !== id)
      throw fault('PRUNED_UNKNOWN', `no output is kept under "${id.slice(0, 100)}"`, {
        kind: 'not_found',
        hint: 'ids are 16 hexadecimal digits, and stand where an output was masked; old outputs go, by the limits of context.outputs: call the tool again',
      });
    const now = new Date();
    await utimes(this.#file(id), now, now).catch(() => undefined);
    return decode(content);
  }

  /** Removes what is too old, and then what was used least recently until the rest is well below the limit. */
  sweep(signal?: AbortSignal): Promise<void> {
    this.#sweeping ??= this.#sweep(signal).finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #sweep(signal?: AbortSignal): Promise<void> {
    const { dir, maxMb, maxAgeDays } = this.#limits;
    const files = (await listOutputs(dir, signal)).sort((a, b) => b.usedAt - a.usedAt);
    const oldest = Date.now() - maxAgeDays * DAY_MS;
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    // A tenth of room, so that not every output that comes sweeps again.
    const most = total > maxMb * MIB ? 0.9 * maxMb * MIB : Number.POSITIVE_INFINITY;
    let kept = 0;
    for (const { file, bytes, usedAt } of files) {
      if (signal?.aborted) return;
      if (usedAt < oldest || kept + bytes > most) await rm(file, { force: true });
      else kept += bytes;
    }
    this.#bytes = kept;
  }

  #file(id: string): string {
    return path.join(this.#limits.dir, id.slice(0, 2), `${id}.txt`);
  }

  async #write(file: string, content: Buffer): Promise<void> {
    const folder = path.dirname(file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = `${file}.${randomBytes(4).toString('hex')}.part`;
    try {
      const handle = await open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    // The name has to be on the disk, too.
    const entries = await open(folder, 'r');
    try {
      await entries.sync();
    } finally {
      await entries.close();
    }
  }
}

const idOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex').slice(0, 16);

/** Half a surrogate pair has no UTF-8: such a text is kept in UTF-16, behind its byte order mark. */
const UTF16_MARK = Buffer.from([0xff, 0xfe]);
const encode = (text: string): Buffer =>
  text.isWellFormed() ? Buffer.from(text) : Buffer.concat([UTF16_MARK, Buffer.from(text, 'utf16le')]);
const decode = (content: Buffer): string =>
  content.subarray(0, 2).equals(UTF16_MARK) ? content.toString('utf16le', 2) : content.toString('utf8');
