import { randomBytes } from 'node:crypto';
import { PACK, PACK_INDEX } from '../packs/pack-index.ts';

export const SEGMENTS = 'segments';
export const PACKS = 'packs';
export const WRITERS = 'writers';
export const SEGMENT = '.jsonl';

/** Of one writer: sorted by name, the older come first. No two are alike, in whatever process. */
export const newWriterId = (): string =>
  `${Date.now().toString(36).padStart(9, '0')}-${process.pid}-${randomBytes(4).toString('hex')}`;

const numbered = (writer: string, number: number): string => `${writer}.${String(number).padStart(6, '0')}`;
export const segmentName = (writer: string, number: number): string => numbered(writer, number) + SEGMENT;
export const packName = (writer: string, number: number): string => numbered(writer, number) + PACK;
export const packIndexOf = (pack: string): string => pack.slice(0, -PACK.length) + PACK_INDEX;

export const writerOf = (file: string): string => file.slice(0, file.indexOf('.'));
