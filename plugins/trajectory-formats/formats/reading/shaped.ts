import type { z } from 'zod';

/** What a schema makes of a value. What does not fit is thrown as one line that names the member. */
export function shaped<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const place = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  throw new Error(`${place.replace(/^\./, '') || 'the record'}: ${issue.message}`);
}
