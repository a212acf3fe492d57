/** Runs of characters, so that words in another form, joined words and typing errors still meet. */
const SHORTEST = 3;
const LONGEST = 5;

/** Distinct hashes of the runs of characters in a text's words; of the Latin script alone. */
export function gramsOf(text: string): Uint32Array {
  const found = new Set<number>();
  for (const word of text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{Script=Latin}\p{N}]+/gu) ?? []) {
    const padded = ` ${word} `;
    for (let at = 0; at + SHORTEST <= padded.length; at++) {
      // FNV-1a, 32 bits: the longer run goes on from the hash of the shorter.
      let value = 0x811c9dc5;
      for (let to = at; to < at + LONGEST && to < padded.length; to++) {
        value = Math.imul(value ^ padded.charCodeAt(to), 0x01000193);
        if (to >= at + SHORTEST - 1) found.add(value >>> 0);
      }
    }
  }
  return Uint32Array.from(found);
}

/** For each list of runs how like the needed ones are, 0 to 1: what few of the lists have counts more. */
export function gramLikeness(needed: Uint32Array, lists: readonly Uint32Array[]): number[] {
  const places = new Places(needed);
  const counts = new Uint32Array(needed.length);
  // What all lists share with the needed, one after the other, and where each ends: thousands of small arrays cost more.
  const shared: number[] = [];
  const ends = lists.map((list) => {
    for (let at = 0; at < list.length; at++) {
      const n = places.of(list[at]!);
      if (n < 0) continue;
      shared.push(n);
      counts[n]!++;
    }
    return shared.length;
  });
  const most = Math.log(lists.length + 1) + 1;
  const rarities = Float64Array.from(counts, (count) => (1 + Math.log((lists.length + 1) / (count + 1))) / most);
  let square = 0;
  for (const rarity of rarities) square += rarity * rarity;
  const length = Math.sqrt(square) || 1;
  return lists.map((list, n) => {
    let sum = 0;
    for (let at = ends[n - 1] ?? 0; at < ends[n]!; at++) sum += rarities[shared[at]!]! ** 2;
    // The lists' own rarities would cost more to count than they tell: their length stands for them.
    return list.length === 0 ? 0 : sum / (length * Math.sqrt(list.length));
  });
}

/** Where a number stands in a list: a table with open addresses, for nearly every number asked of it is not there. */
class Places {
  readonly #numbers: Uint32Array;
  readonly #places: Int32Array;
  readonly #mask: number;

  constructor(numbers: Uint32Array) {
    this.#numbers = numbers;
    const size = 2 ** Math.ceil(Math.log2(numbers.length * 8 + 8));
    this.#mask = size - 1;
    this.#places = new Int32Array(size).fill(-1);
    for (let n = 0; n < numbers.length; n++) {
      let slot = numbers[n]! & this.#mask;
      while (this.#places[slot]! >= 0) slot = (slot + 1) & this.#mask;
      this.#places[slot] = n;
    }
  }

  of(number: number): number {
    for (let slot = number & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const n = this.#places[slot]!;
      if (n < 0 || this.#numbers[n] === number) return n;
    }
  }
}
