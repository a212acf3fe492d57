import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Parser, ReadEntry } from 'tar';
import { isFault, reason } from '#kernel';
import { type Staging, unsafe } from './staging.ts';

const META_BYTES = 65_536;
const FILES = new Set(['File', 'OldFile']);

/** What a tar claims is what it holds: sizes are checked before bytes are read. */
export async function unpackTar(file: string, staging: Staging, signal: AbortSignal): Promise<void> {
  const tar = await import('tar');
  const { size } = await stat(file);
  staging.packedBytes = size;
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    ending.abort();
  };
  const stopped = new Promise<never>((_, reject) => {
    stop.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  stopped.catch(() => {});
  // One after the other, in the order of the archive.
  let writing: Promise<void> = Promise.resolve();
  const take = (entry: ReadEntry): void => {
    try {
      const name = entry.path;
      staging.announce(name, entry.size);
      if (entry.type === 'Directory') {
        writing = writing.then(() => staging.addFolder(name));
        entry.resume();
      } else if (FILES.has(entry.type) && !name.endsWith('/')) {
        // What is cut off never ends.
        const content = Promise.race([entry.concat(), stopped]);
        content.catch(() => {});
        writing = writing.then(async () => staging.addFile(name, await content));
      } else throw unsafe(`${JSON.stringify(name.slice(0, 120))} is a link or a device`);
      writing.catch(fail);
    } catch (error) {
      fail(error);
      entry.resume();
    }
  };
  const parser = new tar.Parser({ strict: true, maxMetaEntrySize: META_BYTES, onReadEntry: take });
  parser.on('ignoredEntry', (entry: ReadEntry) => fail(unsafe(`it holds something of the type ${entry.type}`)));
  const parsed = new Promise<void>((done) => {
    parser.on('end', () => done());
    parser.on('error', (error: unknown) => {
      fail(error);
      done();
    });
    stop.addEventListener('abort', () => done());
  });
  try {
    await pipeline(createReadStream(file), createGunzip(), meter(staging), into(parser), { signal: stop });
    await parsed;
    if (failure !== undefined) throw failure;
    await writing;
  } catch (error) {
    ending.abort();
    await writing.catch(() => {});
    signal.throwIfAborted();
    const why = failure ?? error;
    throw isFault(why) ? why : unsafe(`it cannot be unpacked: ${reason(why)}`);
  }
}

/** Zeros behind the end hold no file, and would be unpacked for ever. */
function meter(staging: Staging): Transform {
  const slack = staging.slackBytes;
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes > slack) done(unsafe('it holds more than it may'));
      else done(null, chunk);
    },
  });
}

/** It says nothing of draining, and what comes behind its end it would keep: that is only measured, by what stands before. */
function into(parser: Parser): Writable {
  let isOver = false;
  parser.on('eof', () => {
    isOver = true;
  });
  return new Writable({
    write(chunk: Buffer, _, done) {
      if (!isOver) parser.write(chunk);
      done();
    },
    final(done) {
      parser.end();
      done();
    },
  });
}
