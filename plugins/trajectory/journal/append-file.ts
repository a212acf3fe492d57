import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';

export const OWN_FILE = 0o600;
export const OWN_FOLDER = 0o700;

/**
 * A file that grows at its end. What `append` was given is on disk when it resolves; where it fails, the same bytes are
 * to be given again: they are written to the same place, so that whoever has read them already has read nothing else.
 */
export class AppendFile {
  readonly #path: string;
  #file: FileHandle | undefined;
  #size = 0;

  constructor(file: string) {
    this.#path = file;
  }

  get name(): string {
    return path.basename(this.#path);
  }
  /** Bytes that are on disk. */
  get size(): number {
    return this.#size;
  }

  async append(bytes: Buffer, sync = true): Promise<void> {
    try {
      this.#file ??= await this.#open();
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#size + done);
        done += bytesWritten;
      }
      if (sync) await this.#file.datasync();
      this.#size += bytes.length;
    } catch (error) {
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(): Promise<FileHandle> {
    const folder = path.dirname(this.#path);
    await mkdir(folder, { recursive: true, mode: OWN_FOLDER });
    const file = await open(this.#path, constants.O_RDWR | constants.O_CREAT, OWN_FILE);
    if (this.#size === 0) await syncFolder(folder);
    return file;
  }
}

/** Else a power cut may take the file's name away, and its content with it. Not every system can do this. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {}
}
