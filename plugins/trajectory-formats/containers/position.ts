import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { FilePosition } from '../api.ts';
import { openFile, unreadable } from './byte-source.ts';

const BLOCK = 1 << 16;
const BLOCKS = 64;

export interface Reached {
  readonly offset: number;
  readonly index: number;
  readonly layout: 'lines' | 'values';
  readonly inside: boolean;
  readonly waiting: number;
  /** Whether records were recognised, so that those to come are no reason to refuse the file. */
  readonly accepted: boolean;
  /** The run is the whole file: when it grows, it is read again from the start. */
  readonly session: boolean;
}

export type Start =
  | { readonly from: 'start' }
  | { readonly from: 'nothing-new'; readonly position: FilePosition; readonly waiting: number }
  | { readonly from: 'position'; readonly reached: Reached };

/** `packed`: whether offsets count unpacked bytes; then the file itself is compared as far as it went. */
export async function positionOf(file: string, stats: Stats, packed: boolean, reached: Reached): Promise<FilePosition> {
  const upTo = packed ? stats.size : reached.offset;
  const { size, mtimeMs, ino } = stats;
  return { ...reached, size, mtimeMs, ino, upTo, before: await hashBefore(file, upTo) };
}

/** Matches nothing: a file that changes while it is hashed is read from the start the next time. */
const CHANGING = 'changing';

/**
 * Goes on only where the file is the same one, and what was read of it is still there. To be sure of that, everything before
 * the position is compared in files of up to 4 MiB, and 64 blocks of 64 KiB in longer ones, which must have grown besides.
 */
export async function startFrom(file: string, position: FilePosition | undefined): Promise<Start> {
  if (position === undefined) return { from: 'start' };
  const { handle, stats } = await openFile(file);
  await handle.close();
  const { size, mtimeMs, ino, upTo, before, waiting, session, offset } = position;
  if (stats.ino !== ino || typeof upTo !== 'number' || typeof size !== 'number') return { from: 'start' };
  if (stats.size === size && stats.mtimeMs === mtimeMs)
    return { from: 'nothing-new', position, waiting: Number(waiting) };
  const compared = upTo <= BLOCK * BLOCKS || stats.size > size;
  if (session === true || offset === 0 || stats.size < upTo || !compared) return { from: 'start' };
  const now = await hashBefore(file, upTo);
  if (now !== before || now === CHANGING) return { from: 'start' };
  return {
    from: 'position',
    reached: {
      offset,
      index: Number(position.index),
      layout: position.layout === 'values' ? 'values' : 'lines',
      inside: position.inside === true,
      waiting: Number(waiting),
      accepted: position.accepted === true,
      session: false,
    },
  };
}

async function hashBefore(file: string, upTo: number): Promise<string> {
  if (upTo === 0) return '';
  const hash = createHash('sha256');
  const { handle, stats } = await openFile(file);
  const block = Buffer.allocUnsafe(BLOCK);
  try {
    for (const start of blockStarts(upTo)) {
      const { bytesRead } = await handle.read(block, 0, Math.min(BLOCK, upTo - start), start);
      hash.update(block.subarray(0, bytesRead));
    }
    const { size, mtimeMs } = await handle.stat();
    return size === stats.size && mtimeMs === stats.mtimeMs ? hash.digest('base64') : CHANGING;
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle.close();
  }
}

/** The first block and the last, and as many between them, evenly. */
function* blockStarts(upTo: number): Generator<number> {
  if (upTo <= BLOCK * BLOCKS) for (let start = 0; start < upTo; start += BLOCK) yield start;
  else for (let n = 0; n < BLOCKS; n++) yield Math.floor(((upTo - BLOCK) * n) / (BLOCKS - 1));
}
