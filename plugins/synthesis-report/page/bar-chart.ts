import { type Block, shortened } from './block.ts';
import { escapeXml, plain } from './escape.ts';

const ROW = 26;
const BAR = 18;
const WIDTH = 420;
const GAP = 8;
/** Of the 13 px letters of the style, generously: fonts differ. */
const LETTER = 8.4;
const BROAD_LETTER = 12.8;
const BROAD = /[mwMW@%]/;
const WIDE_LETTER = 14;
const WIDE =
  /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const LONGEST_LABEL = 40;

/** Horizontal bars as SVG, with a text for those who cannot see it. */
export function barChart({ bars, title, unit }: Extract<Block, { type: 'bars' }>): string {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const told = bars.map(({ label, value, pale, note }) => ({
    label: shortened(plain(label).replace(/\s+/g, ' '), LONGEST_LABEL),
    said: `${value.toLocaleString('en')}${note === undefined ? '' : ` (${note})`}`,
    width: pixels(value, most),
    pale: pixels(pale ?? 0, most),
  }));
  const left = Math.ceil(Math.max(0, ...told.map(({ label }) => textWidth(label)))) + GAP;
  const right = Math.ceil(Math.max(0, ...told.map(({ said, width }) => width + GAP + textWidth(said))));
  const rows = told.map(({ label, said, width, pale }, at) => {
    const y = at * ROW;
    return [
      `<text x="${left - GAP}" y="${y + 14}" text-anchor="end">${escapeXml(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${width}" height="${BAR}"/>`,
      pale > 0 ? `<rect class="pale" x="${left + width - pale}" y="${y}" width="${pale}" height="${BAR}"/>` : '',
      `<text class="soft" x="${left + width + GAP}" y="${y + 14}">${escapeXml(said)}</text>`,
    ].join('');
  });
  const all = bars.map(({ label, value }) => `${label}: ${value}`).join(', ');
  const [width, height] = [left + right, Math.max(ROW, bars.length * ROW)];
  return `<svg role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>${escapeXml(`${title} (${unit}): ${all}`)}</title>${rows.join('')}</svg>`;
}

/** What is there can be seen, however little it is. */
const pixels = (value: number, most: number): number =>
  value <= 0 ? 0 : Math.max(2, Math.round((value / most) * WIDTH));

function textWidth(text: string): number {
  let width = 0;
  for (const sign of text) width += WIDE.test(sign) ? WIDE_LETTER : BROAD.test(sign) ? BROAD_LETTER : LETTER;
  return width;
}
