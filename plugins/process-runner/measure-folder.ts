import { type Dir, lstatSync, opendirSync, type Stats } from 'node:fs';

export interface FolderSize {
  /** On the disk, as blocks: a sparse file takes what it takes. */
  readonly bytes: number;
  readonly files: number;
  /** Deepest level of folders; the folder itself is 0. */
  readonly depth: number;
  /** Something could not be looked at: closed to us, or under a name longer than the system takes. */
  readonly hidden: boolean;
}

/** Looks no further than this: what is beyond is too much anyway. */
export interface FolderBounds {
  readonly files: number;
  readonly depth: number;
}

const BLOCK = 512;
const SLASH = Buffer.from('/');
/** Node gives names as bytes where it is asked for them; its types know of text only. */
const BYTES = { encoding: 'buffer' as unknown as BufferEncoding };

/**
 * Size of a folder that somebody may be changing: what vanishes meanwhile does not count. Follows no link. Names are
 * bytes, because a hostile program gives its files names that are no text.
 */
export function measureFolder(folder: string, bounds: FolderBounds): FolderSize {
  const size = { bytes: 0, files: 0, depth: 0, hidden: false };
  const waiting: [path: Buffer, depth: number][] = [[Buffer.from(folder), 0]];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      size.hidden ||= !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
      return undefined;
    }
  };
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [path, depth] = next;
    size.depth = Math.max(size.depth, depth);
    if (depth > bounds.depth) break;
    const handle = attempt<Dir>(() => opendirSync(path, BYTES));
    if (handle === undefined) continue;
    for (let entry = handle.readSync(); entry !== null && size.files <= bounds.files; entry = handle.readSync()) {
      const child = Buffer.concat([path, SLASH, entry.name as unknown as Buffer]);
      const info = attempt<Stats>(() => lstatSync(child));
      if (info === undefined) continue;
      size.files++;
      size.bytes += info.blocks * BLOCK;
      if (info.isDirectory()) waiting.push([child, depth + 1]);
    }
    handle.closeSync();
  }
  return size;
}
