import { FREQUENT_HAN } from './frequent-han.ts';

/** What a UTF-16 unit is to the estimator. Up to DIGIT: what words and numbers of Latin script are made of. */
export const LOWER = 0;
export const UPPER = 1;
/** Accents of western Europe, of the rest of Europe, of Vietnam: from common to rare in what tokenizers are made of. */
export const ACCENTED = 2;
export const ACCENTED_FAR = 3;
export const ACCENTED_VIETNAMESE = 4;
export const DIGIT = 5;
export const SPACE = 6;
export const NEWLINE = 7;
export const TAB = 8;
export const PUNCTUATION = 9;
export const CONTROL = 10;
/** Scripts that are written in words of letters: counted by letter and by word. */
export const GREEK = 11;
export const CYRILLIC = 12;
export const HEBREW = 13;
export const ARABIC = 14;
export const DEVANAGARI = 15;
/** Bengali, Gurmukhi, Gujarati, Oriya; Tamil, Telugu, Kannada, Malayalam, Sinhala. */
export const INDIC_NORTH = 16;
export const INDIC_SOUTH = 17;
export const THAI = 18;
/** Armenian, Georgian; Burmese, Khmer, Lao, Tibetan, Ethiopic, Mongolian. */
export const CAUCASIAN = 19;
export const FAR = 20;
/** Han by how common a character is: the most frequent, levels 1 and 2 of GB 2312, the common ones of Big5, the rest. */
export const HAN_FREQUENT = 21;
export const HAN_COMMON = 22;
export const HAN_SECOND = 23;
export const HAN_TRADITIONAL = 24;
export const HAN_RARE = 25;
/** Particles of classical Chinese: where they are many, hardly two characters are one token. */
export const HAN_LITERARY = 26;
export const HIRAGANA = 27;
export const KATAKANA = 28;
export const HANGUL = 29;
export const CJK_PUNCTUATION = 30;
export const GENERAL_PUNCTUATION = 31;
export const BOX = 32;
export const SYMBOL = 33;
export const SURROGATE = 34;
/** Zero width joiners and variation selectors: what emoji are put together with. */
export const JOINER = 35;
export const OTHER = 36;

/** The class of each of the 65,536 units. */
export const CLASS_OF: Uint8Array = classTable();

function classTable(): Uint8Array {
  const table = new Uint8Array(65_536).fill(OTHER);
  const range = (from: number, to: number, cls: number) => table.fill(cls, from, to + 1);
  range(0x00, 0x1f, CONTROL);
  range(0x21, 0x7e, PUNCTUATION);
  range(0x30, 0x39, DIGIT);
  range(0x41, 0x5a, UPPER);
  range(0x61, 0x7a, LOWER);
  range(0x7f, 0x9f, CONTROL);
  range(0xa1, 0xbf, GENERAL_PUNCTUATION);
  range(0xc0, 0xff, ACCENTED);
  range(0x100, 0x24f, ACCENTED_FAR);
  range(0x300, 0x36f, ACCENTED_FAR);
  range(0x370, 0x3ff, GREEK);
  range(0x400, 0x52f, CYRILLIC);
  range(0x590, 0x5ff, HEBREW);
  range(0x600, 0x77f, ARABIC);
  range(0x530, 0x58f, CAUCASIAN);
  range(0x900, 0x97f, DEVANAGARI);
  range(0x980, 0xb7f, INDIC_NORTH);
  range(0xb80, 0xdff, INDIC_SOUTH);
  range(0xe00, 0xeff, THAI);
  range(0xe80, 0x109f, FAR);
  range(0x10a0, 0x10ff, CAUCASIAN);
  range(0x1100, 0x11ff, HANGUL);
  range(0x1200, 0x18af, FAR);
  range(0x1e00, 0x1eff, ACCENTED_VIETNAMESE);
  range(0x1f00, 0x1fff, GREEK);
  range(0x2010, 0x206f, GENERAL_PUNCTUATION);
  range(0x20a0, 0x2bff, SYMBOL);
  range(0x2500, 0x259f, BOX);
  range(0x2e80, 0x2fdf, HAN_RARE);
  range(0x3001, 0x303f, CJK_PUNCTUATION);
  range(0x3041, 0x309f, HIRAGANA);
  range(0x30a0, 0x30ff, KATAKANA);
  range(0x3130, 0x318f, HANGUL);
  range(0x3400, 0x9fff, HAN_RARE);
  range(0xac00, 0xd7a3, HANGUL);
  range(0xd800, 0xdfff, SURROGATE);
  range(0xf900, 0xfaff, HAN_RARE);
  range(0xfb50, 0xfdff, ARABIC);
  range(0xfe00, 0xfe0f, JOINER);
  range(0xfe30, 0xfe4f, CJK_PUNCTUATION);
  range(0xfe70, 0xfefe, ARABIC);
  range(0xff00, 0xff64, CJK_PUNCTUATION);
  range(0xff65, 0xff9f, KATAKANA);
  range(0xffa0, 0xffdc, HANGUL);
  for (const unit of [0xd7, 0xf7]) table[unit] = SYMBOL;
  for (const unit of [0x20, 0xa0, 0x2000, 0x2009, 0x202f, 0x3000]) table[unit] = SPACE;
  for (const unit of [0x0a, 0x0d]) table[unit] = NEWLINE;
  for (const unit of [0x200b, 0x200c, 0x200d, 0x20e3]) table[unit] = JOINER;
  table[0x09] = TAB;
  // The older character sets are ordered by use, and the runtime knows them: no data file is needed.
  hanOf(table, 'big5', [0xa4, 0xc6], [0x40, 0xfe], HAN_TRADITIONAL);
  hanOf(table, 'gbk', [0xd8, 0xf7], [0xa1, 0xfe], HAN_SECOND);
  hanOf(table, 'gbk', [0xb0, 0xd7], [0xa1, 0xfe], HAN_COMMON);
  for (const char of FREQUENT_HAN) table[char.charCodeAt(0)] = HAN_FREQUENT;
  for (const char of '之其而也者矣焉哉乎曰吾兮') table[char.charCodeAt(0)] = HAN_LITERARY;
  return table;
}

/** Gives the class to the Han characters that two bytes of these ranges stand for. */
function hanOf(
  table: Uint8Array,
  encoding: string,
  lead: [number, number],
  trail: [number, number],
  cls: number,
): void {
  const bytes: number[] = [];
  for (let first = lead[0]; first <= lead[1]; first++)
    for (let second = trail[0]; second <= trail[1]; second++) bytes.push(first, second);
  for (const char of new TextDecoder(encoding).decode(Uint8Array.from(bytes))) {
    const unit = char.charCodeAt(0);
    if (unit >= 0x3400 && unit <= 0x9fff) table[unit] = cls;
  }
}
