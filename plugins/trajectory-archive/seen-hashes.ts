import type { Sql } from '#plugins/storage/api';
import { HASH_BYTES, hashOf } from './hash.ts';

const HEX = /^[0-9a-f]{32,}$/i;
const PAGE = 1_000;
const WORDS = HASH_BYTES / 4;
const FIRST_SLOTS = 1_024;

/** What is kept of the hash of a record's bytes, as the reader of files gives it. */
export const seenKey = (bytesHash: string): Uint8Array =>
  HEX.test(bytesHash) ? Buffer.from(bytesHash.slice(0, HASH_BYTES * 2), 'hex') : hashOf(bytesHash);

/**
 * Which records were taken before, in memory: 16 bytes each and as much again for room, so that a million take 32 MB.
 * The database has them in rows of one batch each; what other processes wrote is learned from there.
 */
export class SeenHashes {
  #table = new Uint32Array(FIRST_SLOTS * WORDS);
  #count = 0;
  #learned = 0;

  get size(): number {
    return this.#count;
  }

  has(hash: Uint8Array): boolean {
    return this.#table[this.#place(wordsOf(hash), 0)] !== 0;
  }

  add(hash: Uint8Array): void {
    this.#addAll(wordsOf(hash));
  }

  /** All that was written since the last time, by whomever. */
  async learn(sql: Sql): Promise<void> {
    for (;;) {
      const rows = await sql.all<{ n: number; hashes: Uint8Array }>(
        'SELECT n, hashes FROM archive_seen WHERE n > ? ORDER BY n LIMIT ?',
        [this.#learned, PAGE],
      );
      for (const { n, hashes } of rows) {
        this.#addAll(wordsOf(hashes));
        this.#learned = n;
      }
      if (rows.length < PAGE) return;
    }
  }

  /** Hashes one after the other. */
  #addAll(words: Uint32Array): void {
    for (let at = 0; at + WORDS <= words.length; at += WORDS) {
      const place = this.#place(words, at);
      if (this.#table[place] !== 0) continue;
      for (let word = 0; word < WORDS; word += 1) this.#table[place + word] = words[at + word]!;
      this.#table[place] ||= 1;
      this.#count += 1;
      if (this.#count * WORDS * 2 > this.#table.length) this.#grow();
    }
  }

  /** Where the hash that begins at `at` is, or would be. Its first word is never 0 there: that marks an empty place. */
  #place(words: Uint32Array, at: number): number {
    const table = this.#table;
    const first = words[at]! || 1;
    const last = table.length / WORDS - 1;
    for (let slot = first & last; ; slot = (slot + 1) & last) {
      const place = slot * WORDS;
      if (table[place] === 0) return place;
      if (table[place] !== first) continue;
      let same = 1;
      while (same < WORDS && table[place + same] === words[at + same]) same += 1;
      if (same === WORDS) return place;
    }
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += WORDS)
      if (before[at] !== 0) this.#table.set(before.subarray(at, at + WORDS), this.#place(before, at));
  }
}

/** A copy, as words must begin where they may. */
const wordsOf = (hashes: Uint8Array): Uint32Array => new Uint32Array(new Uint8Array(hashes).buffer);
