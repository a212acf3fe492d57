const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Finds where an object or list ends, byte by byte, without making anything of it. It goes on where it stopped, so that a value
 * may come in pieces. It knows brackets and strings only: whether what it finds is JSON, `JSON.parse` says.
 */
export class ValueScanner {
  /** How deep the value was nested at most. */
  deepest = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** The index after the value's end, or -1 where the bytes end before it. `from` is where the last call's bytes ended. */
  scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    let depth = this.#depth;
    let { deepest } = this;
    let end = -1;
    while (at < to) {
      if (this.#inString) {
        at = this.#string(bytes, at, to);
        continue;
      }
      const byte = bytes[at++]!;
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (++depth > deepest) deepest = depth;
      } else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth <= 0) {
        end = at;
        break;
      }
    }
    this.#depth = depth;
    this.deepest = deepest;
    return end;
  }

  /** Goes to the end of a string; in its first bytes the one before may still be escaping. */
  #string(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at++;
    }
    while (at < to) {
      const byte = bytes[at++]!;
      if (byte === BACKSLASH) {
        if (at === to) this.#escaped = true;
        else at++;
      } else if (byte === QUOTE) {
        this.#inString = false;
        break;
      }
    }
    return at;
  }
}
