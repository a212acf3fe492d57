import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fault } from '#kernel';
import type { SkillsConfig } from '../config.ts';

const LONGEST_PATH = 512;
const LONGEST_SEGMENT = 200;
const DEEPEST = 12;
/** Where the factor says nothing yet: a small file may well be all zeros. */
const RATIO_FROM_BYTES = 1_048_576;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is for
const UNSAFE = /[\u0000-\u001f\u007f<>:"|?*\\\ufffd]|\p{Cf}/u;
/** Names that some systems take for devices. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

export const unsafe = (message: string) =>
  fault('SKILL_ARCHIVE_UNSAFE', message, { kind: 'invalid', hint: 'nothing of it was installed' });

/**
 * The folder into which a skill is unpacked before it is one. Takes folders and regular files below itself, and nothing
 * else; the first that does not fit ends the installation.
 */
export class Staging {
  readonly folder: string;
  readonly #limits: SkillsConfig['limits'];
  readonly #ratio: number;
  readonly #seen = new Map<string, 'file' | 'folder'>();
  #files = 0;
  #bytes = 0;
  /** Of the archive: how much it may become is measured by it. */
  packedBytes: number | undefined;

  constructor(folder: string, limits: SkillsConfig['limits'], ratio: number) {
    this.folder = folder;
    this.#limits = limits;
    this.#ratio = ratio;
  }

  /** What all entries may have together, with their headers. */
  get slackBytes(): number {
    return this.#limits.totalMb * 1_048_576 + this.#limits.files * 4_096 + RATIO_FROM_BYTES;
  }

  /** Before the bytes are there: what an entry claims to be. */
  announce(name: string, bytes: number): void {
    if (!(bytes >= 0)) throw unsafe(`${shown(name)} has no size`);
    this.#files++;
    if (this.#files > this.#limits.files) throw unsafe(`it has more than ${this.#limits.files} files`);
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.totalMb * 1_048_576) throw unsafe(`it holds more than ${this.#limits.totalMb} MiB`);
    if (
      this.packedBytes !== undefined &&
      this.#bytes > RATIO_FROM_BYTES &&
      this.#bytes > this.packedBytes * this.#ratio
    )
      throw unsafe(`it would grow by more than a factor of ${this.#ratio}`);
  }

  async addFolder(name: string): Promise<void> {
    const segments = this.#place(name, 'folder');
    if (segments.length > 0) await mkdir(path.join(this.folder, ...segments), { recursive: true, mode: 0o755 });
  }

  /** Neither its mode nor its owner comes along: nothing that was unpacked can be run by its name. */
  async addFile(name: string, bytes: Uint8Array): Promise<void> {
    const segments = this.#place(name, 'file');
    if (segments.length === 0) throw unsafe('a file has no name');
    await mkdir(path.join(this.folder, ...segments.slice(0, -1)), { recursive: true, mode: 0o755 });
    await writeFile(path.join(this.folder, ...segments), bytes, { mode: 0o644, flag: 'wx' });
  }

  /** The steps below the folder; throws for what leads anywhere else, or to where something is already. */
  #place(name: string, kind: 'file' | 'folder'): string[] {
    if (name.length > LONGEST_PATH) throw unsafe(`a path has more than ${LONGEST_PATH} characters`);
    if (name.startsWith('/') || UNSAFE.test(name)) throw unsafe(`${shown(name)} is no path that is taken`);
    const segments = name.replace(/\/$/, '').split('/');
    while (segments[0] === '.') segments.shift();
    for (const segment of segments)
      if (
        segment === '' ||
        segment === '.' ||
        segment === '..' ||
        segment.length > LONGEST_SEGMENT ||
        /[. ]$/.test(segment) ||
        DEVICE.test(segment) ||
        segment.toLowerCase() === '.git'
      )
        throw unsafe(`${shown(name)} is no path that is taken`);
    if (segments.length > DEEPEST) throw unsafe(`${shown(name)} is more than ${DEEPEST} levels deep`);
    // Systems that know no case, or one spelling of a letter only, would write one over the other.
    const keys = segments.map((_, at) =>
      segments
        .slice(0, at + 1)
        .join('/')
        .normalize('NFKC')
        .toLowerCase(),
    );
    for (const [at, key] of keys.entries()) {
      const isLast = at === keys.length - 1;
      const before = this.#seen.get(key);
      const wanted = isLast ? kind : 'folder';
      if (before !== undefined && (before !== wanted || wanted === 'file'))
        throw unsafe(`${shown(name)} is there twice`);
      this.#seen.set(key, wanted);
    }
    return segments;
  }
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 120));
