import { fault, nearest } from '#kernel';
import type { ReadEvent, ReadOptions, RunWriter, TrajectoryFormats } from './api.ts';
import type { FormatsConfig } from './config.ts';
import { filesBelow } from './files.ts';
import { FORMATS, SESSION_FORMATS } from './formats/index.ts';
import { readFile } from './read-file.ts';
import { WRITERS } from './writers/index.ts';
import { writeTable } from './writers/table.ts';

export class Formats implements TrajectoryFormats {
  readonly readable = [...new Set([...FORMATS, ...SESSION_FORMATS].map(({ name }) => name))];
  readonly writable = Object.keys(WRITERS);
  readonly #config: FormatsConfig;

  constructor(config: FormatsConfig) {
    this.#config = config;
  }

  files(path: string, signal?: AbortSignal): AsyncIterable<string> {
    return filesBelow(path, signal);
  }

  read(file: string, options: ReadOptions = {}): AsyncIterable<ReadEvent> {
    return readFile(file, { ...options, config: this.#config, formats: FORMATS, sessions: SESSION_FORMATS });
  }

  writeTable: TrajectoryFormats['writeTable'] = (path, rows) => writeTable(path, rows);

  async writer(format: string, path: string): Promise<RunWriter> {
    const open = Object.hasOwn(WRITERS, format) ? WRITERS[format] : undefined;
    if (open !== undefined) return open(path);
    const alternatives = nearest(format, this.writable);
    throw fault('FORMAT_UNKNOWN', `nothing writes the format "${format}"`, {
      kind: 'invalid',
      alternatives,
      hint: `there is ${this.writable.join(', ')}`,
    });
  }
}
