import type { RunWriter } from '../api.ts';
import { atifWriter } from './atif.ts';
import { openaiWriter } from './openai.ts';
import { parquetWriter } from './parquet.ts';
import { sharegptWriter } from './sharegpt.ts';

/** Makes the writer of a format for a path. */
export const WRITERS: Readonly<Record<string, (path: string) => Promise<RunWriter>>> = {
  openai: openaiWriter,
  sharegpt: sharegptWriter,
  atif: atifWriter,
  parquet: parquetWriter,
};
