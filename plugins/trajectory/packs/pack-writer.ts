import { createHash, hash } from 'node:crypto';
import { GrowingBuffer } from '../journal/growing-buffer.ts';
import type { TextReference } from '../journal/text-reference.ts';

/** Hashes of texts that are stored, the newest last. A text that is forgotten is stored again, no more. */
const REMEMBERED = 50_000;

/** What is known to be in the packs, and what the group that is being written adds to its pack. */
export class PackWriter {
  readonly #known = new Map<string, TextReference>();
  readonly #added = new GrowingBuffer();
  #lines = '';
  #pack = '';
  #offset = 0;

  /** The next texts go to this pack, from there on. What `added` returned is used again. */
  begin(pack: string, offset: number): void {
    this.#pack = pack;
    this.#offset = offset;
    this.#added.cut(0);
    this.#lines = '';
  }

  /** Of a well-formed text. */
  put(text: string): TextReference {
    const start = this.#added.length;
    this.#added.append(text);
    return this.#kept(start, hash('sha256', this.#added.from(start), 'base64url'));
  }

  /** The same for a text in pieces, one at a time, so that others have their turn between them. */
  async putPieces(pieces: Iterable<string>, pause: () => Promise<void>): Promise<TextReference> {
    const sum = createHash('sha256');
    const start = this.#added.length;
    for (const piece of pieces) {
      const before = this.#added.length;
      this.#added.append(piece);
      sum.update(this.#added.from(before));
      await pause();
    }
    return this.#kept(start, sum.digest('base64url'));
  }

  /** What the pack gets, and what its index gets after that; valid until `begin`. */
  added(): { readonly texts: Buffer; readonly index: string } {
    return { texts: this.#added.from(0), index: this.#lines };
  }

  learn(reference: TextReference): void {
    if (this.#known.size >= REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(reference.hash, reference);
  }

  /** What was added last is taken back where it is there already. */
  #kept(start: number, sum: string): TextReference {
    const known = this.#known.get(sum);
    if (known !== undefined) {
      this.#added.cut(start);
      this.#known.delete(sum);
      this.#known.set(sum, known);
      return known;
    }
    const bytes = this.#added.length - start;
    const reference = { pack: this.#pack, offset: this.#offset + start, bytes, hash: sum };
    this.#lines += `${sum} ${reference.offset} ${bytes}\n`;
    this.learn(reference);
    return reference;
  }
}
