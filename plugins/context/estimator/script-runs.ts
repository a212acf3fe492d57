import {
  BOX,
  CJK_PUNCTUATION,
  CLASS_OF,
  CONTROL,
  FAR,
  GENERAL_PUNCTUATION,
  GREEK,
  HAN_FREQUENT,
  HAN_LITERARY,
  HANGUL,
  HIRAGANA,
  JOINER,
  KATAKANA,
  SYMBOL,
  TAB,
} from './character-classes.ts';
import { indexOf } from './features.ts';

const FIRST_SCRIPT = indexOf('greek');
const FIRST_HAN = indexOf('hanFrequent');
const HAN_RUN = indexOf('hanRun');
const HIRAGANAS = indexOf('hiragana');
const KATAKANAS = indexOf('katakana');
const KANA_RUN = indexOf('kanaRun');
const HANGULS = indexOf('hangul');
const HANGUL_RUN = indexOf('hangulRun');
const CJK_PUNCTUATIONS = indexOf('cjkPunctuation');
const CJK_PUNCTUATION_RUN = indexOf('cjkPunctuationRun');
const GENERAL_PUNCTUATIONS = indexOf('generalPunctuation');
const BOXES = indexOf('box');
const BOX_RUN = indexOf('boxRun');
const SYMBOLS = indexOf('symbol');
const SYMBOL_RUN = indexOf('symbolRun');
const TABS = indexOf('tab');
const JOINERS = indexOf('joiner');
const OTHERS = indexOf('other');
const CONTROLS = indexOf('control');

/** A run of Han characters of any level; returns where it ends. */
export function hanRun(text: string, start: number, counts: Float64Array): number {
  let at = start;
  for (; at < text.length; at++) {
    const cls = CLASS_OF[text.charCodeAt(at)]!;
    if (cls < HAN_FREQUENT || cls > HAN_LITERARY) break;
    counts[FIRST_HAN + cls - HAN_FREQUENT]! += 1;
  }
  counts[HAN_RUN]! += 1;
  return at;
}

/** A run of one class, of this length, that is neither Latin nor Han. */
export function scriptRun(cls: number, length: number, before: number, counts: Float64Array): void {
  if (cls >= GREEK && cls <= FAR) {
    const script = FIRST_SCRIPT + 2 * (cls - GREEK);
    counts[script]! += length;
    counts[script + 1]! += 1;
    return;
  }
  switch (cls) {
    case HIRAGANA:
    case KATAKANA:
      counts[cls === HIRAGANA ? HIRAGANAS : KATAKANAS]! += length;
      if (before !== HIRAGANA && before !== KATAKANA) counts[KANA_RUN]! += 1;
      return;
    case HANGUL:
      counts[HANGULS]! += length;
      counts[HANGUL_RUN]! += 1;
      return;
    case CJK_PUNCTUATION:
      counts[CJK_PUNCTUATIONS]! += length;
      counts[CJK_PUNCTUATION_RUN]! += 1;
      return;
    case BOX:
      counts[BOXES]! += length;
      counts[BOX_RUN]! += 1;
      return;
    case SYMBOL:
      counts[SYMBOLS]! += length;
      counts[SYMBOL_RUN]! += 1;
      return;
    case TAB:
      counts[TABS]! += 1;
      return;
    default:
      counts[PER_UNIT.get(cls) ?? OTHERS]! += length;
  }
}

const PER_UNIT = new Map([
  [GENERAL_PUNCTUATION, GENERAL_PUNCTUATIONS],
  [CONTROL, CONTROLS],
  [JOINER, JOINERS],
]);
