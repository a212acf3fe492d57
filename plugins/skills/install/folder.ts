import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { readRegular } from '../scan/files.ts';
import { type Staging, unsafe } from './staging.ts';

/** Copies a folder by its regular files. History of git stays behind; a link or a device ends it. */
export async function copyFolder(from: string, staging: Staging, signal: AbortSignal): Promise<void> {
  const walk = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      signal.throwIfAborted();
      if (entry.name === '.git') continue;
      const full = path.join(folder, entry.name);
      const relative = prefix + entry.name;
      if (entry.isDirectory()) {
        staging.announce(relative, 0);
        await staging.addFolder(relative);
        await walk(full, `${relative}/`);
        continue;
      }
      if (!entry.isFile()) throw unsafe(`${JSON.stringify(relative.slice(0, 120))} is a link or a device`);
      const { size } = await lstat(full);
      staging.announce(relative, size);
      const bytes = await readRegular(full, size);
      if (bytes === undefined) throw unsafe(`${JSON.stringify(relative.slice(0, 120))} changed while it was copied`);
      await staging.addFile(relative, bytes);
    }
  };
  await walk(from, '');
}
