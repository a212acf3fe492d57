import { constants, createReadStream, type Stats } from 'node:fs';
import { access, type FileHandle, open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip, constants as zlib } from 'node:zlib';
import { fault, reason } from '#kernel';

/** Bytes of a file from some place on, unpacked where they are packed. */
export interface ByteSource {
  /** Of the file itself, taken before its first byte was read. */
  readonly stats: Stats;
  readonly packed: boolean;
  /** Fills `into` from `at` on as far as there is something, and says how much that was; 0: the end. Fault PATH_UNREADABLE. */
  read(into: Buffer, at: number): Promise<number>;
  close(): Promise<void>;
}

const READ_AT_ONCE = 1 << 20;

/** Fault PATH_UNREADABLE. Only regular files: to open a pipe would wait for who writes into it. */
export async function openFile(file: string): Promise<{ handle: FileHandle; stats: Stats }> {
  let handle: FileHandle | undefined;
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) await access(file, constants.R_OK | constants.X_OK);
    if (!stats.isFile()) throw new Error('it is no file');
    handle = await open(file, constants.O_RDONLY);
    return { handle, stats: await handle.stat() };
  } catch (error) {
    await handle?.close();
    throw unreadable(file, error);
  }
}

/** `offset` and `maxUnpackedBytes` count bytes of the unpacked content. */
export async function openSource(file: string, offset: number, maxUnpackedBytes: number): Promise<ByteSource> {
  const { handle, stats } = await openFile(file);
  const magic = Buffer.alloc(2);
  try {
    await handle.read(magic, 0, 2, 0);
  } catch (error) {
    await handle.close();
    throw unreadable(file, error);
  }
  if (magic[0] === 0x1f && magic[1] === 0x8b) {
    await handle.close();
    return new PackedSource(file, stats, offset, maxUnpackedBytes);
  }
  return new PlainSource(file, handle, stats, offset);
}

class PlainSource implements ByteSource {
  readonly packed = false;
  readonly stats: Stats;
  readonly #file: string;
  readonly #handle: FileHandle;
  #offset: number;

  constructor(file: string, handle: FileHandle, stats: Stats, offset: number) {
    this.#file = file;
    this.#handle = handle;
    this.stats = stats;
    this.#offset = offset;
  }

  async read(into: Buffer, at: number): Promise<number> {
    try {
      const room = Math.min(into.length - at, READ_AT_ONCE);
      const { bytesRead } = await this.#handle.read(into, at, room, this.#offset);
      this.#offset += bytesRead;
      if (bytesRead === 0 && this.#offset < this.stats.size) throw new Error('it became shorter while it was read');
      return bytesRead;
    } catch (error) {
      throw unreadable(this.#file, error);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Gzip, of one member or several. One that is cut off ends where it is cut off: it may be written still. */
class PackedSource implements ByteSource {
  readonly packed = true;
  readonly stats: Stats;
  readonly #file: string;
  readonly #stream: Readable;
  readonly #input: Readable;
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);
  #skip: number;
  #left: number;

  constructor(file: string, stats: Stats, offset: number, maxUnpackedBytes: number) {
    this.#file = file;
    this.stats = stats;
    this.#skip = offset;
    this.#left = maxUnpackedBytes;
    this.#input = createReadStream(file, { highWaterMark: 1 << 18 });
    const unpacked = createGunzip({ finishFlush: zlib.Z_SYNC_FLUSH, chunkSize: 1 << 18 });
    this.#input.on('error', (error) => unpacked.destroy(error));
    this.#stream = this.#input.pipe(unpacked);
    this.#chunks = this.#stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async read(into: Buffer, at: number): Promise<number> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next().catch((error: unknown) => {
        throw unreadable(this.#file, error);
      });
      if (next.done === true) return 0;
      this.#left -= next.value.length;
      if (this.#left < 0) throw unreadable(this.#file, new Error('it unpacks to more than maxUnpackedBytes'));
      const skipped = Math.min(this.#skip, next.value.length);
      this.#skip -= skipped;
      this.#chunk = next.value.subarray(skipped);
    }
    const copied = this.#chunk.copy(into, at);
    this.#chunk = this.#chunk.subarray(copied);
    return copied;
  }

  async close(): Promise<void> {
    this.#input.destroy();
    this.#stream.destroy();
    await this.#chunks.return?.().catch(() => undefined);
  }
}

export function unreadable(path: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const gone = code === 'ENOENT' || code === 'ENOTDIR';
  const why = gone
    ? 'it is not there'
    : code === 'EACCES' || code === 'EPERM'
      ? 'permission is missing'
      : reason(error);
  return fault('PATH_UNREADABLE', `${path} cannot be read: ${why}`, { kind: gone ? 'not_found' : 'invalid' });
}
