import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode } from 'yaml';
import type { Place, Problem } from './problem.ts';

/** YAML that remembers where each key and value stands, through includes and merges. */
export type Tree = MapTree | ListTree | ScalarTree;
export interface Entry {
  readonly at: Place;
  readonly value: Tree;
}
export interface MapTree {
  readonly kind: 'map';
  readonly at: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}
export interface ListTree {
  readonly kind: 'list';
  readonly at: Place;
  readonly items: readonly Tree[];
}
export interface ScalarTree {
  readonly kind: 'scalar';
  readonly at: Place;
  readonly value: unknown;
  /** What the environment gave, before it was read as a number or boolean. */
  readonly text?: string;
}

/** An alias may repeat a part of a file this often; more is an attack or a mistake. */
const MOST_ALIASES = 100;

export function parseTree(text: string, file: string): { tree: Tree | undefined; problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Problem[] = document.errors.map((error) =>
    error.code === 'DUPLICATE_KEY'
      ? {
          at: place(error.pos[0]),
          code: 'PIPELINE_DUPLICATE_KEY',
          what: 'this key stands here twice',
          hint: 'keep one of the two',
        }
      : { at: place(error.pos[0]), code: 'PIPELINE_YAML', what: lowerFirst(error.message) },
  );
  const broken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  let aliases = 0;

  const convert = (node: unknown, fallback: number): Tree => {
    const start = (node as YamlNode | null)?.range?.[0] ?? fallback;
    const at = place(start);
    if (isAlias(node)) {
      if (++aliases > MOST_ALIASES) return { kind: 'scalar', at, value: null };
      return convert(node.resolve(document), start);
    }
    if (isMap(node)) {
      const entries = new Map<string, Entry>();
      for (const pair of node.items) {
        const key = pair.key as YamlNode | null;
        const offset = key?.range?.[0] ?? start;
        const name = isScalar(key) ? String(key.value) : String(key);
        if (!entries.has(name)) entries.set(name, { at: place(offset), value: convert(pair.value, offset) });
      }
      return { kind: 'map', at, entries };
    }
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => convert(item, start)) };
    return { kind: 'scalar', at, value: isScalar(node) ? node.value : null };
  };

  if (broken || document.contents === null) return { tree: undefined, problems };
  return { tree: convert(document.contents, 0), problems };
}

/** Maps merge by key, the rest replaces; a key without a value (`cache:`) adds nothing to what is there. */
export function mergeTrees(under: Tree | undefined, over: Tree): Tree {
  if (under === undefined) return over;
  if (over.kind === 'scalar' && over.value === null) return under;
  if (under.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(under.entries);
  for (const [key, entry] of over.entries) {
    const value = mergeTrees(entries.get(key)?.value, entry.value);
    entries.set(key, { at: entry.at, value });
  }
  return { kind: 'map', at: over.at, entries };
}

export function toValue(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(toValue);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, toValue(entry.value)]));
}

export const childOf = (tree: Tree | undefined, key: PropertyKey): Tree | undefined =>
  tree?.kind === 'map'
    ? tree.entries.get(String(key))?.value
    : tree?.kind === 'list'
      ? tree.items[Number(key)]
      : undefined;

/** The deepest part of `path` that the tree has. */
export function findTree(tree: Tree, path: readonly PropertyKey[]): { tree: Tree; whole: boolean } {
  let here = tree;
  for (const key of path) {
    const next = childOf(here, key);
    if (next === undefined) return { tree: here, whole: false };
    here = next;
  }
  return { tree: here, whole: true };
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
