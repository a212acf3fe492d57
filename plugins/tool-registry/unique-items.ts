import type { FuncKeywordDefinition } from 'ajv';

/** `uniqueItems` in linear time; the compiler's own compares each item with each other one. */
export const uniqueItems: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  compile: (wanted: boolean) => (items: readonly unknown[]) => {
    if (!wanted || items.length < 2) return true;
    const seen = new Set<string>();
    for (const item of items) seen.add(canonical(item));
    return seen.size === items.length;
  },
  error: { message: 'must NOT have duplicate items' },
};

/** Equal JSON values have equal texts, in whatever order their keys are. */
const canonical = (value: unknown): string => JSON.stringify(value, sorted) ?? 'undefined';

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
