import { open } from 'node:fs/promises';

const CHUNK = 1_048_576;
const NEWLINE = 0x0a;

export interface SegmentLine {
  /** Without its end. Valid until the next line is asked for. */
  readonly bytes: Buffer;
  readonly from: number;
  /** Past the line's end. */
  readonly to: number;
}

/** The whole lines of a file between two positions, the first of which begins a line. A last line without an end is none. */
export async function* segmentLines(
  file: string,
  from: number,
  to = Number.POSITIVE_INFINITY,
): AsyncGenerator<SegmentLine> {
  const handle = await open(file, 'r');
  try {
    let rest = Buffer.alloc(0);
    for (let position = from; position < to; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, to - position));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) return;
      const read = chunk.subarray(0, bytesRead);
      const bytes = rest.length === 0 ? read : Buffer.concat([rest, read]);
      const start = position - rest.length;
      position += bytesRead;
      let begin = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
        yield { bytes: bytes.subarray(begin, end), from: start + begin, to: start + end + 1 };
        begin = end + 1;
      }
      rest = bytes.subarray(begin);
    }
  } finally {
    await handle.close();
  }
}
