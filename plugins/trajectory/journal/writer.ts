import path from 'node:path';
import type { TrajectoryConfig } from '../config.ts';
import type { Delta } from '../index/delta.ts';
import type { Masker } from '../mask/masker.ts';
import { knownTexts } from '../packs/pack-index.ts';
import { PackWriter } from '../packs/pack-writer.ts';
import { newWriterId, PACKS } from './file-names.ts';
import { GroupCommit } from './group-commit.ts';
import { GroupFiles } from './group-files.ts';
import { claimWriter } from './owner.ts';

const MB = 1_048_576;

export interface WriterParts {
  readonly dir: string;
  readonly config: TrajectoryConfig;
  readonly masker: Masker;
  readonly saved: (segment: string, deltas: readonly Delta[]) => void;
}

/** One process, or one generation of the plugin in it, and the files that nobody else writes. */
export class Writer {
  readonly id: string;
  readonly commit: GroupCommit;
  readonly #release: () => void;

  private constructor(id: string, commit: GroupCommit, release: () => void) {
    this.id = id;
    this.commit = commit;
    this.#release = release;
  }

  static async open({ dir, config, masker, saved }: WriterParts): Promise<Writer> {
    const id = newWriterId();
    const release = claimWriter(dir, id);
    try {
      const packs = new PackWriter();
      for (const text of await knownTexts(path.join(dir, PACKS))) packs.learn(text);
      const files = new GroupFiles(dir, id, config.segmentMb * MB);
      return new Writer(id, new GroupCommit({ config, files, packs, masker, saved }), release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The number of lines that could not be written. */
  async close(): Promise<number> {
    const lost = await this.commit.close();
    this.#release();
    return lost;
  }
}
