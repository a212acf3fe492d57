import { fault, nearest } from '#kernel';
import type { ImportedRun, ReadEvent, ReadOptions, RunWriter, TrajectoryFormats } from './api.ts';
import type { FormatsConfig } from './config.ts';
import { filesBelow, sourcesOf } from './files.ts';
import { FORMATS, SESSION_FORMATS } from './formats/index.ts';
import { readFile } from './read-file.ts';
import { formatOf, isBad, runsOf } from './read-record.ts';
import { readSessionFolder } from './read-session-folder.ts';
import { sessionIn } from './session-folder.ts';
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
    return filesBelow(path, SESSION_FORMATS, signal);
  }

  sources(files: readonly string[]): Promise<readonly string[]> {
    return sourcesOf(files, SESSION_FORMATS);
  }

  async *read(file: string, options: ReadOptions = {}): AsyncGenerator<ReadEvent> {
    const settings = { ...options, config: this.#config, formats: FORMATS, sessions: SESSION_FORMATS };
    const session = await sessionIn(file, SESSION_FORMATS);
    yield* session === undefined ? readFile(file, settings) : readSessionFolder(session, settings);
  }

  parse(value: unknown, name: string): readonly ImportedRun[] {
    const format = formatOf(value, FORMATS);
    if (format === undefined)
      throw fault('FORMAT_UNKNOWN', `no format knows the record "${name}"`, {
        kind: 'invalid',
        alternatives: this.readable,
      });
    const runs = runsOf(value, format, { fileName: name, folder: '', index: 0, alone: true }, this.#config.maxDepth);
    if (isBad(runs)) throw fault(runs.code, runs.reason, { kind: 'invalid' });
    return runs;
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
