import { listOf, textOf } from '../reading/members.ts';
import type { Span } from './spans.ts';

/** The first of these attributes that the span has. */
export function attribute(span: Span, ...names: readonly string[]): unknown {
  for (const name of names) {
    const value = span.attributes.get(name);
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

export const words = (span: Span, ...names: readonly string[]): string | undefined => {
  const value = attribute(span, ...names);
  return typeof value === 'number' ? String(value) : textOf(value);
};

/** A value that was written as JSON into a string, because attributes are flat. */
export function structured(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A list of messages in one attribute. */
export const listed = (value: unknown): readonly unknown[] => {
  const list = structured(value);
  return Array.isArray(list) ? list.map(structured) : list === undefined ? [] : [list];
};

interface Branch {
  value?: unknown;
  readonly members: Map<string, Branch>;
}

/**
 * What was flattened into attributes (`PREFIX.0.message.content`, `PREFIX.0.message.tool_calls.0...`), nested again. Numbers
 * are places in a list whose gaps close, so that a huge one costs nothing.
 */
export function nested(span: Span, prefix: string): readonly unknown[] {
  const root: Branch = { members: new Map() };
  for (const [name, value] of span.attributes) {
    if (!name.startsWith(`${prefix}.`)) continue;
    let branch = root;
    for (const part of name.slice(prefix.length + 1).split('.')) {
      const next = branch.members.get(part) ?? { members: new Map() };
      branch.members.set(part, next);
      branch = next;
    }
    branch.value = value;
  }
  return listOf(grown(root));
}

function grown({ value, members }: Branch): unknown {
  if (members.size === 0) return value;
  const entries = [...members].map(([name, member]): [string, unknown] => [name, grown(member)]);
  if (!entries.every(([name]) => /^\d+$/.test(name))) return Object.fromEntries(entries);
  return entries.sort(([one], [other]) => Number(one) - Number(other)).map(([, member]) => member);
}
