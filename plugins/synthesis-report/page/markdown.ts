import type { Block, Cell } from './block.ts';
import { plain } from './escape.ts';

/**
 * A page as Markdown (CommonMark and GitHub's additions). What strangers wrote stays text: it can be no markup, link,
 * formula or HTML, and begin no table row, heading, list or code block.
 */
export const toMarkdown = (blocks: readonly Block[]): string => `${blocks.map(blockText).join('\n\n')}\n`;

function blockText(block: Block): string {
  switch (block.type) {
    case 'title':
      return `# ${line(block.text)}`;
    case 'heading':
      return `## ${line(block.text)}`;
    case 'text':
      return line(block.text);
    case 'facts':
      return block.facts.map(([name, value]) => `- **${inline(name)}**: ${inline(String(value))}`).join('\n');
    case 'table':
      return table(block.head, block.rows);
    case 'bars':
      return bars(block);
    case 'quote':
      return [
        `**${inline(block.title)}**`,
        quoted(block.text),
        ...(block.notes.length === 0 ? [] : [block.notes.map((note) => `- ${line(note)}`).join('\n')]),
      ].join('\n\n');
  }
}

const WIDTH = 24;

function bars({ title, pale, unit, bars: all }: Extract<Block, { type: 'bars' }>): string {
  const most = Math.max(1, ...all.map(({ value }) => value));
  const signs = (value: number): number => (value > 0 ? Math.max(1, Math.round((value / most) * WIDTH)) : 0);
  const rows = all.map(({ label, value, pale: part = 0, note = '' }): readonly Cell[] => {
    const [length, end] = [signs(value), signs(part)];
    return [label, `${'█'.repeat(length - end)}${'░'.repeat(end)}`, value, note];
  });
  const columns = all.some(({ note }) => note !== undefined) ? 4 : 3;
  const cut = <T>(cells: readonly T[]): readonly T[] => cells.slice(0, columns);
  const said = pale === undefined ? '' : ` (░: ${inline(pale)})`;
  return `**${inline(title)}**${said}\n\n${table(cut(['', '', unit, '']), rows.map(cut))}`;
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const text = (cells: readonly Cell[]): string => `| ${cells.map((cell) => inline(String(cell))).join(' | ')} |`;
  const isNumber = head.map((_, at) => rows.length > 0 && rows.every((row) => typeof row[at] === 'number'));
  const rule = isNumber.map((is) => (is ? ' ---: ' : ' --- ')).join('|');
  return [text(head), `|${rule}|`, ...rows.map(text)].join('\n');
}

/** Lines stay lines, also those that would run together, be a code block, or underline a heading. */
const quoted = (text: string): string =>
  plain(text)
    .split('\n')
    .map((each) => {
      const indent = /^[ \t]*/.exec(each)![0].replace(/\t/g, '    ');
      const rest = each.trim();
      return rest === '' ? '>' : `> ${'\u00a0'.repeat(indent.length)}${line(rest)}  `;
    })
    .join('\n');

/** Where a line begins a few more marks mean something. */
const line = (text: string): string =>
  inline(text)
    .trimStart()
    .replace(/^(?=[#+=>-])/, '\\')
    .replace(/^(\d{1,9})(?=[.)])/, '$1\\');

const inline = (text: string): string =>
  plain(text)
    .replace(/[\n\t]+/g, ' ')
    .replace(/[\\`*[\]|~$]/g, '\\$&')
    // Inside a word it is no mark.
    .replace(/(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, (marks) => marks.replaceAll('_', '\\_'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    // Addresses are not made links.
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/\bwww\./gi, (start) => `${start.slice(0, -1)}\\.`);
