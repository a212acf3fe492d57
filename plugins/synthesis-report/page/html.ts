import { barChart } from './bar-chart.ts';
import type { Block, Cell } from './block.ts';
import { escapeXml } from './escape.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2433;--soft:#5b6578;--line:#d9dee8;--paper:#fff;--bar:#3b6fd4;--pale:#b9cdf3;--quote:#f4f6fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf2;--soft:#9aa5b8;--line:#333c4d;--paper:#141922;--bar:#6d9bff;--pale:#34507f;--quote:#1c2330}}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2.4rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
h3{font-size:1rem;margin:1.6rem 0 .4rem;overflow-wrap:anywhere}
table{border-collapse:collapse;display:block;overflow-x:auto;font-size:.92rem}
th,td{text-align:left;padding:.3rem 1rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;white-space:nowrap}td{overflow-wrap:anywhere;min-width:8rem}.s{white-space:nowrap;min-width:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;min-width:0}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.25rem 1.2rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
blockquote{margin:.5rem 0;padding:.7rem 1rem;background:var(--quote);border-left:3px solid var(--bar);white-space:pre-wrap;overflow-wrap:anywhere}
svg{max-width:100%;height:auto}svg text{fill:var(--ink);font:13px system-ui,sans-serif}svg .soft{fill:var(--soft)}svg rect{fill:var(--bar)}svg .pale{fill:var(--pale)}
figure{margin:1rem 0}figcaption{font-weight:600;font-size:.92rem;margin-bottom:.4rem}figcaption span{font-weight:400;color:var(--soft)}
ul{padding-left:1.2rem;color:var(--soft);font-size:.92rem;margin:.4rem 0;overflow-wrap:anywhere}`;

/** Cells of so few characters are not broken. */
const SHORT = 28;

/** A page that needs nothing else: style and pictures are in it, and nothing in it runs. */
export function toHtml(title: string, blocks: readonly Block[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeXml(title)}</title><style>${STYLE}</style></head>
<body>
${blocks.map(blockHtml).join('\n')}
</body></html>
`;
}

function blockHtml(block: Block): string {
  switch (block.type) {
    case 'title':
      return `<h1>${escapeXml(block.text)}</h1>`;
    case 'heading':
      return `<h2>${escapeXml(block.text)}</h2>`;
    case 'text':
      return `<p>${escapeXml(block.text)}</p>`;
    case 'facts':
      return `<dl>${block.facts.map(([name, value]) => `<dt>${escapeXml(name)}</dt><dd>${escapeXml(text(value))}</dd>`).join('')}</dl>`;
    case 'table':
      return table(block);
    case 'bars': {
      const pale = block.pale === undefined ? '' : ` <span>(pale: ${escapeXml(block.pale)})</span>`;
      return `<figure><figcaption>${escapeXml(block.title)}${pale}</figcaption>${barChart(block)}</figure>`;
    }
    case 'quote': {
      const notes = block.notes.map((note) => `<li>${escapeXml(note)}</li>`).join('');
      return `<h3>${escapeXml(block.title)}</h3><blockquote>${escapeXml(block.text)}</blockquote><ul>${notes}</ul>`;
    }
  }
}

/** A column of numbers stands to the right, its head too. */
function table({ head, rows }: Extract<Block, { type: 'table' }>): string {
  const isNumber = head.map((_, at) => rows.length > 0 && rows.every((row) => typeof row[at] === 'number'));
  const heads = head
    .map((cell, at) => `<th scope="col"${isNumber[at] ? ' class="n"' : ''}>${escapeXml(cell)}</th>`)
    .join('');
  const cell = (value: Cell, at: number): string => {
    const said = text(value);
    const kind = isNumber[at] ? 'n' : said.length <= SHORT ? 's' : undefined;
    return `<td${kind === undefined ? '' : ` class="${kind}"`}>${escapeXml(said)}</td>`;
  };
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`;
}

const text = (cell: Cell): string => (typeof cell === 'number' ? cell.toLocaleString('en') : cell);
