import { stat } from 'node:fs/promises';
import type { Entry } from 'yauzl';
import { isFault, reason } from '#kernel';
import { type Staging, unsafe } from './staging.ts';

const TYPE = 0o170000;
const FILE = 0o100000;
const FOLDER = 0o040000;

/** All entries are judged before the first is unpacked. */
export async function unpackZip(file: string, staging: Staging, signal: AbortSignal): Promise<void> {
  const { openPromise } = await import('yauzl');
  staging.packedBytes = (await stat(file)).size;
  try {
    const zip = await openPromise(file, { autoClose: false, strictFileNames: true, validateEntrySizes: true });
    try {
      const entries: Entry[] = [];
      for await (const entry of zip.eachEntry()) {
        signal.throwIfAborted();
        staging.announce(entry.fileName, entry.uncompressedSize);
        check(entry);
        entries.push(entry);
      }
      for (const entry of entries) {
        if (entry.fileName.endsWith('/')) {
          await staging.addFolder(entry.fileName);
          continue;
        }
        const chunks: Buffer[] = [];
        // Ends with an error where it is longer than it claims.
        const stream = await zip.openReadStreamPromise(entry);
        for await (const chunk of stream) {
          signal.throwIfAborted();
          chunks.push(chunk as Buffer);
        }
        await staging.addFile(entry.fileName, Buffer.concat(chunks));
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    if (isFault(error)) throw error;
    signal.throwIfAborted();
    throw unsafe(`it cannot be unpacked: ${reason(error)}`);
  }
}

function check(entry: Entry): void {
  const name = JSON.stringify(entry.fileName.slice(0, 120));
  const type = (entry.externalFileAttributes >>> 16) & TYPE;
  if (type !== 0 && type !== FILE && type !== FOLDER) throw unsafe(`${name} is a link or a device`);
  if ((type === FOLDER) !== entry.fileName.endsWith('/') && type !== 0) throw unsafe(`${name} is no file`);
  if (entry.isEncrypted()) throw unsafe(`${name} is encrypted`);
  if (!entry.canDecodeFileData()) throw unsafe(`${name} is packed in a way that is not known`);
}
