import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { TextReference } from '../journal/text-reference.ts';

export const PACK = '.pack';
/** Beside each pack: what is in it, `SHA256 OFFSET BYTES` a line, written after the text itself was synced. */
export const PACK_INDEX = '.idx';
const MOST = 20_000;
const MOST_PACKS = 100;
const ENTRY = /^([\w-]{43}) (\d{1,15}) (\d{1,15})$/;

/** Texts of the newest packs, the oldest first, so that a new process does not store again what is there. */
export async function knownTexts(dir: string): Promise<TextReference[]> {
  const indexes = (await readdir(dir)).filter((name) => name.endsWith(PACK_INDEX)).sort();
  const found: TextReference[] = [];
  for (const name of indexes.reverse().slice(0, MOST_PACKS)) {
    const pack = name.slice(0, -PACK_INDEX.length) + PACK;
    try {
      const { size } = await stat(path.join(dir, pack));
      for (const line of (await readFile(path.join(dir, name), 'latin1')).split('\n').reverse()) {
        const [, hash, offset, bytes] = ENTRY.exec(line) ?? [];
        if (hash === undefined || Number(offset) + Number(bytes) > size) continue;
        found.push({ pack, offset: Number(offset), bytes: Number(bytes), hash });
        if (found.length >= MOST) return found.reverse();
      }
    } catch {
      // It goes away at this moment, or cannot be read: its texts are stored again.
    }
  }
  return found.reverse();
}
