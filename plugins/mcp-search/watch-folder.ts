import { watch } from 'node:fs';
import type { Undo } from '#kernel';

const SETTLE_MS = 100;

/** Calls `changed` once the files of a folder were touched and then quiet. A folder that is not there is not watched. */
export function watchFolder(folder: string, changed: () => void): Undo {
  let timer: NodeJS.Timeout | undefined;
  try {
    const watcher = watch(folder, () => {
      clearTimeout(timer);
      timer = setTimeout(changed, SETTLE_MS);
    });
    watcher.on('error', () => watcher.close());
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  } catch {
    return () => undefined;
  }
}
