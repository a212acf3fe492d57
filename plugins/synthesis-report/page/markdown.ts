import type { Block, Cell } from './block.ts';

/** A page as Markdown. What strangers wrote stays text: it can neither begin a table row nor a heading, nor be markup. */
export const toMarkdown = (blocks: readonly Block[]): string => `${blocks.map(blockText).join('\n\n')}\n`;

function blockText(block: Block): string {
  switch (block.type) {
    case 'title':
      return `# ${inline(block.text)}`;
    case 'heading':
      return `## ${inline(block.text)}`;
    case 'text':
      return inline(block.text);
    case 'facts':
      return block.facts.map(([name, value]) => `- **${inline(name)}**: ${inline(String(value))}`).join('\n');
    case 'table':
      return table(block.head, block.rows);
    case 'bars': {
      const most = Math.max(1, ...block.bars.map(({ value }) => value));
      const rows = block.bars.map(({ label, value, note = '' }) => [label, bar(value / most), value, note]);
      return `**${inline(block.title)}**\n\n${table(['', '', block.unit, ''], rows)}`;
    }
    case 'quote':
      return [
        `**${inline(block.title)}**`,
        block.text
          .split('\n')
          .map((line) => `> ${inline(line)}`)
          .join('\n'),
        block.notes.map((note) => `- ${inline(note)}`).join('\n'),
      ].join('\n\n');
  }
}

const WIDTH = 24;
const bar = (share: number): string => '█'.repeat(share > 0 ? Math.max(1, Math.round(share * WIDTH)) : 0);

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]): string => `| ${cells.map((cell) => inline(String(cell))).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- ').join('|')}|`, ...rows.map(line)].join('\n');
}

const inline = (text: string): string =>
  text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_{}[\]<>|]/g, (mark) => (mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : `\\${mark}`))
    .replace(/^(\s*)([#+-]|\d+\.)(\s)/, '$1\\$2$3');
