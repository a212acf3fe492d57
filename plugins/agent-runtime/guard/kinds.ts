/** Kinds of characters that words are made of, by UTF-16 unit; 0: between words. */
export const DIGIT = 1;
export const HEX = 2;
export const LETTER = 4;
/** Part of a word between digits only. */
export const COLON = 8;
export const DASH = 16;
export const DOT = 32;
export const SLASH = 64;
export const CLOCK = 128;
export const JOINT = 256;
/** Without one of these, nothing is volatile. */
export const TELLING: number = DIGIT | SLASH;

export const KIND: Uint16Array = new Uint16Array(65_536);
const are = (characters: string, kind: number): void => {
  for (const each of characters) KIND[each.charCodeAt(0)] = kind;
};
are('ghijklmnopqrstuvwxyzGHIJKLMNOPQRSUVWXY', LETTER);
are('abcdefABCDEF', HEX);
are('0123456789', DIGIT);
are('TZ+', CLOCK);
are(':', COLON);
are('-', DASH);
are('.', DOT);
are('/', SLASH);
are('_', JOINT);

/** Each unit for itself, all digits as one. */
export const DIGITLESS: Uint16Array = Uint16Array.from({ length: 65_536 }, (_, unit) =>
  unit >= 48 && unit <= 57 ? 48 : unit,
);
