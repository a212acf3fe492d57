import type { GapTool } from './api.ts';

/** More than these tell nothing new. */
const MOST = 2;
const SHORTEST = 2;
const MOST_READ = 2_000;
const kept = new WeakMap<GapTool, readonly (readonly string[])[]>();

/** How many parameters of a tool have one of their listed values (`enum`) in the task: it speaks the tool's language. 0 to 2. */
export function valuesNamed(task: string, tool: GapTool): number {
  let listed = kept.get(tool);
  if (listed === undefined) {
    listed = listedValues(tool.parameters);
    kept.set(tool, listed);
  }
  if (listed.length === 0) return 0;
  const words = plain(task);
  return Math.min(MOST, listed.filter((values) => values.some((value) => words.includes(value))).length);
}

/** Of each parameter with listed values these, with spaces around. */
function listedValues(parameters: unknown): string[][] {
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) return [];
  const properties = (parameters as { properties?: unknown }).properties ?? parameters;
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.values(properties)
    .map((property: unknown) => {
      const { enum: own, items } = (property ?? {}) as { enum?: unknown; items?: { enum?: unknown } | null };
      const values: unknown = own ?? items?.enum;
      if (!Array.isArray(values)) return [];
      return values
        .slice(0, MOST_READ)
        .filter((value) => typeof value === 'string')
        .filter((value) => value.length >= SHORTEST)
        .map(plain)
        .filter((value) => value.trim() !== '');
    })
    .filter((values) => values.length > 0);
}

const plain = (text: string): string =>
  ` ${text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `;
