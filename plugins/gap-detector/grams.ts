/** Runs of characters, so that words in another form, joined words and typing errors still meet. */
const SHORTEST = 3;
const LONGEST = 5;

/** Distinct hashes of the runs of characters in a text's words, sorted; of the Latin script alone. */
export function gramsOf(text: string): Uint32Array {
  const found = new Set<number>();
  for (const word of text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{Script=Latin}\p{N}]+/gu) ?? []) {
    const padded = ` ${word} `;
    for (let length = SHORTEST; length <= LONGEST; length++)
      for (let at = 0; at + length <= padded.length; at++) found.add(hash(padded, at, at + length));
  }
  return Uint32Array.from(found).sort();
}

/** FNV-1a, 32 bits. */
function hash(text: string, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let at = from; at < to; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/** For each list of runs how like the needed ones are, 0 to 1: what few of the lists have counts more. */
export function gramLikeness(needed: Uint32Array, lists: readonly Uint32Array[]): number[] {
  const counts = new Uint32Array(needed.length);
  const shared = lists.map((list) => {
    const here: number[] = [];
    for (let n = 0, at = 0; n < needed.length && at < list.length; ) {
      if (needed[n]! === list[at]!) {
        here.push(n);
        counts[n]!++;
        n++;
        at++;
      } else if (needed[n]! < list[at]!) n++;
      else at++;
    }
    return here;
  });
  const most = Math.log(lists.length + 1) + 1;
  const rarities = Float64Array.from(counts, (count) => (1 + Math.log((lists.length + 1) / (count + 1))) / most);
  let square = 0;
  for (const rarity of rarities) square += rarity * rarity;
  const length = Math.sqrt(square) || 1;
  return lists.map((list, n) => {
    let sum = 0;
    for (const gram of shared[n]!) sum += rarities[gram]! ** 2;
    // The lists' own rarities would cost more to count than they tell: their length stands for them.
    return list.length === 0 ? 0 : sum / (length * Math.sqrt(list.length));
  });
}
