import type { Hash } from 'node:crypto';
import type { ImportedRun } from './api.ts';
import { endHash, startHash } from './containers/raw-record.ts';
import type { Origin, SessionFormat } from './format.ts';
import { type BadRecord, finished } from './read-record.ts';

/** The lines of a file that is one session as a whole. */
export class SessionLines {
  readonly format: SessionFormat;
  #lines: unknown[] = [];
  readonly #hash: Hash = startHash();
  #bytes = 0;
  readonly #maxBytes: number;

  constructor(format: SessionFormat, maxBytes: number) {
    this.format = format;
    this.#maxBytes = maxBytes;
  }

  add(line: unknown, lineHash: string, bytes: number): void {
    this.#hash.update(lineHash);
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.#lines = [];
    else this.#lines.push(line);
  }

  hash(): string {
    return endHash(this.#hash);
  }

  runs(origin: Origin, maxDepth: number): readonly ImportedRun[] | BadRecord {
    if (this.#bytes > this.#maxBytes)
      return { code: 'RECORD_TOO_LARGE', reason: 'the session is longer than maxRecordBytes allows' };
    const { format } = this;
    const runs = finished(() => format.readLines(this.#lines, origin), format.name, maxDepth);
    if ('code' in runs) return runs;
    return runs.map((run) => ({ ...run, session: run.session ?? `${format.name}:${run.key}` }));
  }
}
