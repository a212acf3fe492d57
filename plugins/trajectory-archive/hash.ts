import { hash } from 'node:crypto';

/** Bytes of a hash that are kept: nobody finds two texts with the same 128 bits. */
export const HASH_BYTES = 16;

export const hashOf = (content: string | Uint8Array): Uint8Array =>
  hash('sha256', content, 'buffer').subarray(0, HASH_BYTES);

/** A hash as a key of maps and sets. */
export const keyOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** Hashes that lie one after the other. */
export function* hashesIn(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) yield bytes.subarray(at, at + HASH_BYTES);
}
