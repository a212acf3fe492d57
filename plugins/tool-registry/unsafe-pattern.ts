import { createRequire } from 'node:module';
import { repeatsChoice } from './repeated-choice.ts';

let safe: ((pattern: string) => boolean) | undefined;

/** Might matching this pattern take exponential time? Loads what tells it when it is asked for the first time. */
export function isUnsafePattern(pattern: string): boolean {
  safe ??= createRequire(import.meta.url)('safe-regex2') as (pattern: string) => boolean;
  return !safe(pattern) || repeatsChoice(pattern);
}

/**
 * A pattern for names cannot be left out as one for values can: which names it stands for decides which rules a value
 * has to keep, and which names are unknown. Looks everywhere, since a `$ref` may lead anywhere in the schema.
 */
export function namePatternProblem(schema: unknown): string | undefined {
  const waiting: unknown[] = [schema];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const { patternProperties } = node as { readonly patternProperties?: unknown };
    const names = typeof patternProperties === 'object' && patternProperties !== null ? patternProperties : {};
    const unsafe = Object.keys(names).find(isUnsafePattern);
    if (unsafe !== undefined) return `patternProperties: "${unsafe}" may take exponential time`;
    waiting.push(...Object.values(node));
  }
  return undefined;
}
