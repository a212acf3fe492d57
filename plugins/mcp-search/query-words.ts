import type { ServerQuery } from './api.ts';

const FILLER = new Set(
  (
    'a an and any are as at be by can could do find for from get give have help how i in into is it its make me my need ' +
    'of on or our please should some that the their them this to tool tools use using want we what when where which will ' +
    'with would you your server mcp'
  ).split(' '),
);

/** The words that a source with a plain text search is asked for: capabilities first, then the query's own, longest first. */
export function mainWords({ query, capabilities = [] }: ServerQuery, most: number): readonly string[] {
  const split = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const wanted = (word: string): boolean => word.length > 1 && !FILLER.has(word);
  const first = capabilities.flatMap(split).filter(wanted);
  const then = split(query)
    .filter(wanted)
    .sort((a, b) => b.length - a.length);
  return [...new Set([...first, ...then])].slice(0, most);
}
