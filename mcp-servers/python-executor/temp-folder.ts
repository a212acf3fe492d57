import { mkdtempSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'python-executor-';

/** One folder for this server below the system's temporary folder, made when first needed, gone after close(). */
export class TempFolder {
  #root: string | undefined;
  #next = 1;

  /** `uid` becomes the owner, where the server is root and the sandbox is not. */
  async create(purpose: string, uid?: number): Promise<string> {
    if (this.#root === undefined) {
      this.#root = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
      await chmod(this.#root, 0o711); // the sandbox user passes through, and cannot look around
    }
    const folder = join(this.#root, `${purpose}-${this.#next++}`);
    await mkdir(folder, { mode: 0o700 });
    if (uid !== undefined) await chown(folder, uid, uid);
    return folder;
  }

  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async close(): Promise<void> {
    const root = this.#root;
    this.#root = undefined;
    if (root !== undefined) await this.remove(root);
  }
}

/** Removes what servers left that were killed: own folders whose process is gone. */
export async function sweepStale(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [] as string[]);
  for (const name of names) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-\\w+$`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = join(tmpdir(), name);
    const info = await lstat(folder).catch(() => undefined);
    if (info?.isDirectory() && info.uid === (process.getuid?.() ?? info.uid)) {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
