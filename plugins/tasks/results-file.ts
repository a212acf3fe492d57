import { createReadStream } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fault, reason } from '#kernel';

/** Results as JSON lines, appended; what is in the file already is known at the next run. */
export class ResultsFile {
  readonly #path: string;
  readonly #done = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Fault TASKS_OUT where it cannot be read or written. */
  static async open(path: string): Promise<ResultsFile> {
    const file = new ResultsFile(path);
    try {
      await mkdir(dirname(path), { recursive: true });
      await appendFile(path, '');
      let lastByte = '\n';
      const stream = createReadStream(path, 'utf8').on('data', (text) => {
        lastByte = String(text).at(-1) ?? lastByte;
      });
      for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
        file.#read(line);
      // A run that was cut off in the middle of a line.
      if (lastByte !== '\n') await appendFile(path, '\n');
    } catch (error) {
      throw fault('TASKS_OUT', `cannot write ${path}: ${reason(error)}`, { kind: 'invalid' });
    }
    return file;
  }

  /** Whether it has the result of this task, and that it is done. */
  has(id: string): boolean {
    return this.#done.has(id);
  }

  async add(line: string): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => appendFile(this.#path, `${line}\n`));
    await this.#writing;
    this.#read(line);
  }

  #read(line: string): void {
    try {
      const { id, stop } = JSON.parse(line) as { id?: unknown; stop?: { kind?: unknown } };
      if (typeof id === 'string' && stop?.kind === 'done') this.#done.add(id);
    } catch {
      // Cut off, or somebody else's line.
    }
  }
}
