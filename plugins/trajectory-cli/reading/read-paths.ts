import { resolve } from 'node:path';
import { fault, isFault, reason } from '#kernel';
import type { FilePosition, ReadEvent, TrajectoryFormats } from '#plugins/trajectory-formats/api';
import type { Output } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { printable } from '../print/lines.ts';
import type { Counts } from './counts.ts';

/** What is done with the records of files. `run`, `known` and `bad` see that their record is counted. */
export interface Reader {
  /** Where the reading of a file begins; undefined: at its begin. */
  from?(file: string): Promise<FilePosition | undefined>;
  known?(bytesHash: string): boolean;
  take(event: Extract<ReadEvent, { type: 'run' | 'known' | 'bad' }>): void | Promise<void>;
  /** The file was read to its end. */
  ended?(file: string, position: FilePosition): void | Promise<void>;
}

/** How the reading of all paths went. */
export interface PathsRead {
  /** Files that hold trajectories, or may when they have grown. */
  readonly files: number;
  /** Of the first path that could not be read; undefined: all could. */
  readonly failure: number | undefined;
}

/**
 * Reads what the paths hold, in order. What cannot be read is told on `err` and costs only itself: a bad record, a file that
 * holds no trajectories (a note where it only lies in a folder), a path that is not there.
 */
export async function readPaths(
  paths: readonly string[],
  reader: Reader,
  {
    formats,
    counts,
    err,
    signal,
  }: { formats: TrajectoryFormats; counts: Counts; err: Output['err']; signal: AbortSignal },
): Promise<PathsRead> {
  let files = 0;
  let failure: number | undefined;
  const say = (text: string): Promise<void> => err(printable(text.replaceAll('\n', ' ')).concat('\n'));
  const failed = async (error: unknown): Promise<void> => {
    counts.refused += 1;
    failure ??= exitCode(error);
    await say(isFault(error) ? `${error.code}: ${error.message}` : reason(error));
  };

  const readFile = async (file: string, isNamed: boolean): Promise<void> => {
    const from = await reader.from?.(file);
    const options = {
      signal,
      ...(from !== undefined && { from }),
      ...(reader.known && { known: reader.known.bind(reader) }),
    };
    let refused: string | undefined;
    for await (const event of formats.read(file, options)) {
      switch (event.type) {
        case 'refused':
          refused = event.reason;
          break;
        case 'end':
          counts.waiting += event.waiting;
          if (refused === undefined) await reader.ended?.(file, event.position);
          break;
        case 'bad':
          await say(`${file}:${event.place.offset}: ${event.code}: ${event.reason}`);
          await reader.take(event);
          break;
        default:
          await reader.take(event);
      }
    }
    if (refused === undefined) files += 1;
    else if (isNamed)
      await failed(fault('FORMAT_UNKNOWN', `${file} holds no trajectories: ${refused}`, { kind: 'invalid' }));
    else await say(`${file} is left out: ${refused}`);
  };

  for (const path of paths) {
    try {
      for await (const file of formats.files(path, signal)) {
        try {
          await readFile(file, resolve(file) === resolve(path));
        } catch (error) {
          if (!isFault(error) || error.code !== 'PATH_UNREADABLE') throw error;
          await failed(error);
        }
      }
    } catch (error) {
      if (!isFault(error) || error.code !== 'PATH_UNREADABLE') throw error;
      await failed(error);
    }
  }
  return { files, failure };
}
