const NEWLINE = 10;
const RETURN = 13;
/** Enough of a discarded line to find the id in, at either end. */
const KEPT_HEAD = 256;
const KEPT_TAIL = 64;

export interface LineSink {
  line(text: string): void;
  /** A line longer than the limit was thrown away as it came; its first and last bytes are left. */
  tooLong(head: string, tail: string, bytes: number): void;
}

/** Cuts a byte stream into lines. A line in many chunks is joined once, and one that is too long is never held. */
export class LineSplitter {
  readonly #sink: LineSink;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #head = '';
  #tail: Buffer = Buffer.alloc(0);
  #discarding = false;

  constructor(sink: LineSink, maxBytes: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (this.#bytes === 0 && at - from <= this.#maxBytes) this.#emit(chunk, from, at);
      else this.#finish(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  #emit(bytes: Buffer, from: number, to: number): void {
    const end = to > from && bytes[to - 1] === RETURN ? to - 1 : to;
    if (end > from) this.#sink.line(bytes.toString('utf8', from, end));
  }

  #finish(rest: Buffer): void {
    this.#keep(rest);
    const bytes = this.#bytes;
    const parts = this.#parts;
    this.#bytes = 0;
    this.#parts = [];
    if (this.#discarding) {
      this.#discarding = false;
      this.#sink.tooLong(this.#head, this.#tail.toString('latin1'), bytes);
      return;
    }
    this.#emit(parts.length === 1 ? parts[0]! : Buffer.concat(parts, bytes), 0, bytes);
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (!this.#discarding) {
      this.#parts.push(part);
      if (this.#bytes <= this.#maxBytes) return;
      const all = Buffer.concat(this.#parts, this.#bytes);
      this.#head = all.toString('latin1', 0, KEPT_HEAD);
      this.#tail = Buffer.from(all.subarray(-KEPT_TAIL));
      this.#parts = [];
      this.#discarding = true;
      return;
    }
    this.#tail = Buffer.from(Buffer.concat([this.#tail, part.subarray(-KEPT_TAIL)]).subarray(-KEPT_TAIL));
  }
}

/** The id of a message of which only the ends are left. */
export function idAtEnds(head: string, tail: string): number | undefined {
  const found =
    /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*,/.exec(head) ??
    /"id"\s*:\s*(\d{1,15})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(tail);
  return found === null ? undefined : Number(found[1]);
}
