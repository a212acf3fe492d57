import type { Members } from './kept.ts';

/** A block of a result, without its text, and how much of the output is its own. */
interface Piece {
  readonly block: Members;
  readonly length: number;
}

const SEPARATOR = '\n';

/** One text of a result that is given in blocks; what is no text stands in it by its type, such as `[image]`. */
export function foldResult(blocks: readonly Members[]): { readonly output: string; readonly pieces: readonly Piece[] } {
  const texts = blocks.map(({ type, text }) =>
    type === 'text' && typeof text === 'string' ? text : `[${String(type).replace(/_url$/, '')}]`,
  );
  const pieces = blocks.map((block, index) => {
    const { text, ...rest } = block;
    return { block: block.type === 'text' && typeof text === 'string' ? rest : block, length: texts[index]!.length };
  });
  return { output: texts.join(SEPARATOR), pieces };
}

/** The blocks again; undefined where the output is another by now, because it was masked or cut. */
export function unfoldResult(output: string, pieces: unknown): Members[] | undefined {
  if (!Array.isArray(pieces)) return undefined;
  const all = pieces as readonly Piece[];
  if (output.length !== all.reduce((sum, { length }) => sum + length, Math.max(0, all.length - 1))) return undefined;
  let at = 0;
  return all.map(({ block, length }) => {
    const text = output.slice(at, at + length);
    at += length + SEPARATOR.length;
    return block.type === 'text' ? { ...block, text } : block;
  });
}
