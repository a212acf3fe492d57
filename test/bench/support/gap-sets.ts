import fs from 'node:fs';
import path from 'node:path';
import type { GapTool } from '../../../plugins/gap-detector/api.ts';

export interface GapItem {
  readonly query: string;
  readonly tools: readonly GapTool[];
  readonly sufficient: boolean;
  /** Kept in one fold: the needed tool where the data names it, else the list, else the query. */
  readonly group: string;
  readonly slices: readonly string[];
}
interface Line {
  readonly query: string;
  readonly tools?: readonly string[];
  readonly toolset?: string;
  readonly label: string;
  readonly gold?: readonly string[];
  readonly slices?: readonly string[];
}

/** The development halves of the gap sets in a folder, by name. */
export function gapSets(folder: string): Map<string, readonly GapItem[]> {
  const names = fs.readdirSync(folder).filter((name) => name.startsWith('gap-'));
  const needed = new Map<string, string>();
  for (const name of names)
    for (const { query, gold = [] } of lines<Line>(path.join(folder, name, 'items.dev.jsonl')))
      if (gold.length > 0) needed.set(query, gold.join(' '));
  return new Map(names.map((name) => [name, itemsOf(path.join(folder, name), needed)]));
}

function itemsOf(folder: string, needed: ReadonlyMap<string, string>): GapItem[] {
  const tools = new Map(
    lines<GapTool & { id: string }>(path.join(folder, 'tools.dev.jsonl')).map(({ id, ...tool }) => [id, tool]),
  );
  const sets = new Map(
    lines<{ id: string; tools: GapTool[] }>(path.join(folder, 'toolsets.jsonl')).map((set) => [set.id, set.tools]),
  );
  return lines<Line>(path.join(folder, 'items.dev.jsonl')).map((line) => ({
    query: line.query,
    tools: line.toolset === undefined ? (line.tools ?? []).map((id) => tools.get(id)!) : sets.get(line.toolset)!,
    sufficient: line.label === 'sufficient',
    group: needed.get(line.query) ?? line.tools?.toSorted().join(' ') ?? line.query,
    slices: line.slices ?? [],
  }));
}

function lines<T>(file: string): T[] {
  if (!fs.existsSync(file)) return [];
  const text = fs.readFileSync(file, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}
