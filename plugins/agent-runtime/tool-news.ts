import type { ToolView } from '#plugins/tool-client/api';

const NAMED = 20;

export interface ToolNews {
  readonly seen: ReadonlySet<string>;
  readonly changes?: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly text: string;
}

/** What came and went since the last request, in words: a model does not compare two lists by itself. */
export function toolNews(before: ReadonlySet<string> | undefined, { tools }: ToolView): ToolNews {
  const seen =
    before?.size === tools.size && [...tools.keys()].every((name) => before.has(name)) ? before : new Set(tools.keys());
  if (before === undefined || seen === before) return { seen, text: '' };
  const added = [...seen].filter((name) => !before.has(name));
  const removed = [...before].filter((name) => !seen.has(name));
  const words = [
    ...(added.length > 0 ? [`New tools: ${some(added)}.`] : []),
    ...(removed.length > 0 ? [`Gone: ${some(removed)}.`] : []),
  ];
  return { seen, changes: { added, removed }, text: words.join(' ') };
}

const some = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');
