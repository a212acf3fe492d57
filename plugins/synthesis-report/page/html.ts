import { barChart } from './bar-chart.ts';
import type { Block, Cell } from './block.ts';
import { escapeXml } from './escape.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2433;--soft:#5b6578;--line:#d9dee8;--paper:#fff;--bar:#3b6fd4;--quote:#f4f6fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf2;--soft:#9aa5b8;--line:#333c4d;--paper:#141922;--bar:#6d9bff;--quote:#1c2330}}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
table{border-collapse:collapse;display:block;overflow-x:auto;font-size:.92rem}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--soft)}dd{margin:0}
blockquote{margin:.5rem 0;padding:.7rem 1rem;background:var(--quote);border-left:3px solid var(--bar);white-space:pre-wrap;overflow-wrap:anywhere}
svg{max-width:100%;height:auto}svg text{fill:var(--ink);font:13px system-ui,sans-serif}svg .soft{fill:var(--soft)}svg rect{fill:var(--bar)}
figure{margin:1rem 0}figcaption{color:var(--soft);margin-bottom:.3rem}ul{padding-left:1.2rem;color:var(--soft);font-size:.92rem}`;

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
      return `<dl>${block.facts.map(([name, value]) => `<dt>${escapeXml(name)}</dt><dd>${escapeXml(String(value))}</dd>`).join('')}</dl>`;
    case 'table': {
      const head = block.head.map((cell) => `<th scope="col">${escapeXml(cell)}</th>`).join('');
      const rows = block.rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`).join('\n');
      return `<table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`;
    }
    case 'bars':
      return `<figure><figcaption>${escapeXml(block.title)}</figcaption>${barChart(block)}</figure>`;
    case 'quote': {
      const notes = block.notes.map((note) => `<li>${escapeXml(note)}</li>`).join('');
      return `<h3>${escapeXml(block.title)}</h3><blockquote>${escapeXml(block.text)}</blockquote><ul>${notes}</ul>`;
    }
  }
}

const cellHtml = (cell: Cell): string =>
  typeof cell === 'number' ? `<td class="n">${cell.toLocaleString('en')}</td>` : `<td>${escapeXml(cell)}</td>`;
