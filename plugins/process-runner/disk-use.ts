import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Folders } from './folders.ts';
import { readMarker } from './installation.ts';
import { measureFolder } from './measure-folder.ts';

const MIB = 1024 * 1024;
const MEASURE_EVERY_MS = 60_000;
const BOUNDS = { files: 50_000, depth: 64 };

/** What is installed and how much of the disk it takes; measured again after a minute, because health is asked often. */
export class DiskUse {
  readonly #folders: Folders;
  #known: Readonly<Record<string, unknown>> = {};
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(folders: Folders) {
    this.#folders = folders;
  }

  now(): Readonly<Record<string, unknown>> {
    if (performance.now() - this.#measuredAt > MEASURE_EVERY_MS) {
      this.#measuredAt = performance.now();
      this.#known = this.#measure();
    }
    return this.#known;
  }

  #measure(): Readonly<Record<string, unknown>> {
    const versions: Record<string, string> = {};
    let installed = 0;
    for (const server of entries(this.#folders.servers))
      for (const version of entries(this.#folders.server(server))) {
        const found = readMarker(path.join(this.#folders.server(server), version));
        if (found === undefined) continue;
        versions[server] = `${found.package}@${found.version}`;
        installed += found.bytes;
      }
    const data = measureFolder(this.#folders.allData, BOUNDS).bytes;
    return { installed: versions, installedMb: Math.round(installed / MIB), dataMb: Math.round(data / MIB) };
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
