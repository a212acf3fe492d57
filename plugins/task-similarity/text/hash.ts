const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a over the UTF-16 units of a piece of a text, mixed so that all 32 bits can be relied on. */
export function hashOf(text: string, from = 0, to = text.length, seed = 0): number {
  let value = BASIS ^ seed;
  for (let at = from; at < to; at++) value = Math.imul(value ^ text.charCodeAt(at), PRIME);
  return mixed(value);
}

/** The finalizer of MurmurHash3: every bit of the input changes half of the bits of the output. */
export function mixed(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
