/** What strangers wrote must not steer the terminal. */
export const printable = (text: string): string => text.replace(/[^\P{C}\n]/gu, ' ');

export const time = (at: number): string => (Number.isFinite(at) ? `${new Date(at).toISOString().slice(0, 19)}Z` : '?');

export function oneLine(text: string, most: number): string {
  const line = text
    .slice(0, most * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** Rows below each other; the last column is as wide as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return rows.map((row) => printable(line(row).trimEnd()).concat('\n')).join('');
}

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${Math.round((part / whole) * 100)} %`;
export const several = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
/** `success`, `failure`, or that nobody knows. */
export const judged = (success: boolean | null): string =>
  success === null ? 'not judged' : success ? 'success' : 'failure';
