import path from 'node:path';
import type { PackWriter } from '../packs/pack-writer.ts';
import { AppendFile } from './append-file.ts';
import { PACKS, packIndexOf, packName, SEGMENTS, segmentName } from './file-names.ts';

/** The segment and the pack that one writer is at. A group goes to one of each. */
export class GroupFiles {
  readonly #dir: string;
  readonly #writer: string;
  readonly #most: number;
  #number = { segment: 0, pack: 0 };
  #segment: AppendFile | undefined;
  #pack: AppendFile | undefined;
  #packIndex: AppendFile | undefined;

  /** A file of `most` bytes or more is followed by a new one. */
  constructor(dir: string, writer: string, most: number) {
    this.#dir = dir;
    this.#writer = writer;
    this.#most = most;
  }

  /** Where the next group will stand: decided before it is written out, because its lines say where its texts are. */
  async begin(packs: PackWriter): Promise<{ readonly segment: string; readonly offset: number }> {
    if (this.#segment === undefined || this.#segment.size >= this.#most) {
      await this.#segment?.close();
      this.#segment = this.#file(SEGMENTS, segmentName(this.#writer, ++this.#number.segment));
    }
    if (this.#pack === undefined || this.#pack.size >= this.#most) {
      await this.#pack?.close();
      await this.#packIndex?.close();
      this.#pack = this.#file(PACKS, packName(this.#writer, ++this.#number.pack));
      this.#packIndex = this.#file(PACKS, packIndexOf(this.#pack.name));
    }
    packs.begin(this.#pack.name, this.#pack.size);
    return { segment: this.#segment.name, offset: this.#segment.size };
  }

  /** On disk: no line without the texts that it refers to. */
  async write(group: GroupBytes): Promise<void> {
    if (group.texts.length > 0 && !group.textsSaved) {
      await this.#pack!.append(group.texts);
      group.textsSaved = true;
    }
    await this.#segment!.append(group.lines);
    // Only saves room: what the index does not know is stored again.
    if (group.index !== '')
      await this.#packIndex!.append(Buffer.from(group.index, 'latin1'), false).catch(() => undefined);
  }

  async close(): Promise<void> {
    for (const file of [this.#segment, this.#pack, this.#packIndex]) await file?.close();
  }

  #file(folder: string, name: string): AppendFile {
    return new AppendFile(path.join(this.#dir, folder, name));
  }
}

export interface GroupBytes {
  readonly lines: Buffer;
  readonly texts: Buffer;
  readonly index: string;
  /** So that another try does not store them twice. */
  textsSaved: boolean;
}
