import type { ZodError, z } from 'zod';
import { mended } from './mend.ts';

const FENCE = '```';

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Takes JSON out of what a model said: fenced, with words around it, with a missing bracket or a comma too many. */
export async function readAnswer<T>(text: string, schema: z.ZodType<T>): Promise<Read<T>> {
  if (text.trim() === '') return { ok: false, problem: 'the answer is empty' };
  const problems: string[] = [];
  for (const candidate of candidates(text)) {
    const parsed = await parse(candidate);
    if (parsed === undefined) continue;
    const checked = schema.safeParse(parsed.value);
    if (checked.success) return { ok: true, value: checked.data };
    problems.push(explain(checked.error));
  }
  return { ok: false, problem: problems[0] ?? 'the answer is not JSON' };
}

/** As it is; what is fenced; from the first to the last brace. */
function candidates(text: string): string[] {
  const fenced = fencedIn(text);
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}')];
  const braced = from >= 0 ? text.slice(from, to > from ? to + 1 : undefined) : undefined;
  return [...new Set([fenced, text, braced].filter((each) => each !== undefined))];
}

function fencedIn(text: string): string | undefined {
  const open = text.indexOf(FENCE);
  const line = open < 0 ? -1 : text.indexOf('\n', open);
  const close = line < 0 ? -1 : text.indexOf(FENCE, line);
  return close < 0 ? undefined : text.slice(line, close);
}

async function parse(text: string): Promise<{ readonly value: unknown } | undefined> {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return text.includes('{') ? mended(text) : undefined;
  }
}

const explain = (error: ZodError): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || 'the answer'}: ${message}`)
    .join('; ');
