import type { Readable, Writable } from 'node:stream';

/** Where a command line program reads and writes: the process's own streams, or those of a test. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: Readonly<Record<string, string | undefined>>;
}
export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** A terminal that can move its cursor. */
export const isLive = ({ stderr, env }: Terminal): boolean => stderr.isTTY === true && env.TERM !== 'dumb';

export type Paint = (style: 'dim' | 'bold' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;
const CODES = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Colours only where they are seen and wanted: https://no-color.org */
export function paintFor(terminal: Terminal): Paint {
  const plain = !isLive(terminal) || (terminal.env.NO_COLOR ?? '') !== '';
  return (style, text) => (plain || text === '' ? text : `\x1b[${CODES[style]}m${text}\x1b[0m`);
}
