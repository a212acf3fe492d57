import { CLASS_OF, SURROGATE } from './character-classes.ts';
import { indexOf } from './features.ts';

const FACE = indexOf('emojiFace');
const EMOJI = indexOf('emoji');
const EMOJI_LATE = indexOf('emojiLate');
const FLAG = indexOf('flag');
const PAIR = indexOf('pair');

/** Pairs (emoji for the most part) and halves of pairs, which count as one, too; returns where the run ends. */
export function surrogateRun(text: string, start: number, counts: Float64Array): number {
  let at = start;
  while (at < text.length && CLASS_OF[text.charCodeAt(at)] === SURROGATE) {
    const high = text.charCodeAt(at);
    const low = text.charCodeAt(at + 1);
    counts[kindOf(high, low)]! += 1;
    at += low >= 0xdc00 && low <= 0xdfff ? 2 : 1;
  }
  return at;
}

function kindOf(high: number, low: number): number {
  switch (high) {
    case 0xd83d:
      return low >= 0xde00 && low <= 0xde4f ? FACE : EMOJI;
    case 0xd83c:
      return low >= 0xdde6 && low <= 0xddff ? FLAG : EMOJI;
    case 0xd83e:
      return EMOJI_LATE;
    default:
      return PAIR;
  }
}
