import type { Block } from './block.ts';
import { escapeXml } from './escape.ts';

const ROW = 26;
const BAR = 18;
const LABEL = 230;
const WIDTH = 420;
const NOTE = 170;
const LONGEST = 34;

/** Horizontal bars as SVG, with a text for those who cannot see it. */
export function barChart({ bars, title, unit }: Extract<Block, { type: 'bars' }>): string {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value, note }, at) => {
    const y = at * ROW;
    const width = value === 0 ? 0 : Math.max(2, Math.round((value / most) * WIDTH));
    const said = `${value.toLocaleString('en')}${note === undefined ? '' : ` (${note})`}`;
    return [
      `<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${escapeXml(shortened(label))}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="3"/>`,
      `<text class="soft" x="${LABEL + width + 8}" y="${y + 14}">${escapeXml(said)}</text>`,
    ].join('');
  });
  const told = bars.map(({ label, value }) => `${label}: ${value}`).join(', ');
  const height = Math.max(ROW, bars.length * ROW);
  return `<svg role="img" viewBox="0 0 ${LABEL + WIDTH + NOTE} ${height}" width="${LABEL + WIDTH + NOTE}" height="${height}"><title>${escapeXml(`${title} (${unit}): ${told}`)}</title>${rows.join('')}</svg>`;
}

const shortened = (label: string): string => (label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label);
