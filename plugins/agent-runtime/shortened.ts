import type { Context } from '#plugins/context/api';

const HEAD = 0.7;

/** Beginning and end of a long output; the whole is kept, and opened again by its id. */
export async function shortened(text: string, most: number, context: Context): Promise<string> {
  if (text.length <= most) return text;
  const { id } = await context.keep(text);
  const head = Math.floor(most * HEAD);
  const left = text.length - most;
  return `${text.slice(0, head)}\n[${left} characters left out; read_pruned with id "${id}" shows all of it]\n${text.slice(text.length - (most - head))}`.toWellFormed();
}
