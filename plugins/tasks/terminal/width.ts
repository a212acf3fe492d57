/** Cells that a terminal gives to a text: 2 for East Asian wide characters and emoji, 0 for marks (UAX 11, UTS 51). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0x303e],
  [0x3041, 0x3247],
  [0x3250, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f1e6, 0x1f1ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];
const MARK = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
const ASCII = /^[ -~]*$/;

export function width(text: string): number {
  if (ASCII.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOf(character);
  return cells;
}

/** The longest beginning that fits; `...` tells that there is more. */
export function cut(text: string, cells: number): string {
  if (width(text) <= cells) return text;
  const dots = Math.min(3, Math.max(0, cells));
  return `${take(text, cells - dots)}${'.'.repeat(dots)}`;
}

/** The longest end that fits. */
export function tail(text: string, cells: number): string {
  const characters = [...text.slice(-4 * Math.max(1, cells))];
  let from = characters.length;
  for (let left = cells; from > 0; from--) {
    left -= cellsOf(characters[from - 1]!);
    if (left < 0) break;
  }
  return characters.slice(from).join('');
}

function take(text: string, cells: number): string {
  let left = cells;
  let taken = '';
  for (const character of text) {
    left -= cellsOf(character);
    if (left < 0) break;
    taken += character;
  }
  return taken;
}

function cellsOf(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (MARK.test(character)) return 0;
  if (EMOJI.test(character)) return 2;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}
