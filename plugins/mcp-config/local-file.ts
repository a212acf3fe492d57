import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 65_536;

/** Text of a regular file of at most `mostBytes`. Throws with the reason, which never quotes what the file holds. */
export function readLocalFile(file: string, mostBytes: number): string {
  // Without waiting: opening a pipe that nobody writes to would block the process.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error('it is not a regular file');
    const { size } = stat;
    if (size > mostBytes) throw tooLarge(mostBytes);
    // The system reports no size for some files, and a file may grow: what is read counts.
    const chunks: Buffer[] = [];
    for (let total = 0; ; ) {
      const chunk = Buffer.allocUnsafe(Math.min(Math.max(size - total + 1, CHUNK_BYTES), mostBytes - total + 1));
      const length = readSync(descriptor, chunk);
      if (length === 0) return Buffer.concat(chunks).toString('utf8');
      chunks.push(chunk.subarray(0, length));
      total += length;
      if (total > mostBytes) throw tooLarge(mostBytes);
    }
  } finally {
    closeSync(descriptor);
  }
}

const tooLarge = (mostBytes: number): Error => new Error(`it is larger than ${mostBytes / 1_048_576} MiB`);
