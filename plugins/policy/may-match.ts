import { ANY, WORD } from './shell/read-commands.ts';

/** What is longer may match. */
const LONGEST = 1_000;

/** Is there a text for each gap of `shape` (ANY, or WORD without spaces) with which the pattern matches it? */
export function mayMatch(pattern: string, shape: string): boolean {
  if (shape.length > LONGEST) return true;
  const open = pattern.endsWith(' *') ? [pattern, pattern.slice(0, -2)] : [pattern];
  return open.some((each) => meets(each, shape));
}

/** From the end of both to their beginnings: the rows say whether what follows in the pattern can be met from there. */
function meets(pattern: string, shape: string): boolean {
  let after = new Uint8Array(shape.length + 1);
  for (let p = pattern.length; p >= 0; p--) {
    const now = new Uint8Array(shape.length + 1);
    for (let s = shape.length; s >= 0; s--) now[s] = step(pattern[p], shape[s], p === pattern.length, s, now, after);
    after = now;
  }
  return after[0] === 1;
}

function step(
  asked: string | undefined,
  given: string | undefined,
  isOver: boolean,
  s: number,
  now: Uint8Array,
  after: Uint8Array,
): number {
  const isGap = given === ANY || given === WORD;
  if (isOver) return given === undefined || (isGap && now[s + 1] === 1) ? 1 : 0;
  if (asked === '*') return after[s] === 1 || (given !== undefined && now[s + 1] === 1) ? 1 : 0;
  if (isGap) return now[s + 1] === 1 || ((given === ANY || asked !== ' ') && after[s] === 1) ? 1 : 0;
  return asked === given && after[s + 1] === 1 ? 1 : 0;
}
