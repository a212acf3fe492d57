import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fault, reason } from '#kernel';

const AT_ONCE = 1 << 20;

/**
 * A file that is there as a whole or not at all: it is written under a hidden name beside its place, and moved there when it
 * is complete and on disk. Faults: PATH_UNWRITABLE.
 */
export class WholeFile {
  readonly #path: string;
  readonly #part: string;
  readonly #file: FileHandle;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #open = true;

  private constructor(target: string, part: string, file: FileHandle) {
    this.#path = target;
    this.#part = part;
    this.#file = file;
  }

  static async create(target: string): Promise<WholeFile> {
    const full = path.resolve(target);
    const part = hiddenBeside(full);
    try {
      await mkdir(path.dirname(full), { recursive: true });
      return new WholeFile(full, part, await open(part, 'wx'));
    } catch (error) {
      throw unwritable(full, error);
    }
  }

  async write(content: string | Uint8Array): Promise<void> {
    if (!this.#open) throw fault('WRITER_CLOSED', `${this.#path} is written already`, { kind: 'conflict' });
    const bytes = Buffer.from(content);
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= AT_ONCE) await this.#flush();
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    try {
      await this.#flush();
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#part, this.#path);
      this.#open = false;
    } catch (error) {
      await this.abandon();
      throw unwritable(this.#path, error);
    }
    await syncFolder(path.dirname(this.#path));
  }

  async abandon(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close().catch(() => undefined);
    await rm(this.#part, { force: true });
  }

  async #flush(): Promise<void> {
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#bytes = 0;
    try {
      await this.#file.writeFile(bytes);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }
}

/** Hidden: whoever reads the folder meanwhile takes it for no trajectories. */
export const hiddenBeside = (target: string): string =>
  path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(4).toString('hex')}.part`);

export const unwritable = (target: string, error: unknown): Error =>
  fault('PATH_UNWRITABLE', `${target} cannot be written: ${reason(error)}`, { kind: 'invalid', cause: error });

/** Else a power cut may take the name away again. Not every system can do this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // It is moved already, and will be on disk soon.
  } finally {
    await handle?.close();
  }
}
