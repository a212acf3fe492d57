import type { Tool } from './api.ts';
import { cleanText } from './clean-text.ts';

/** What a tool is for, in at most `most` characters: what its maker says is cut, rather than what was learnt. */
export function purpose({ description, definition, learnt }: Tool, most: number): string {
  const notes = learnt?.notes;
  if (notes === undefined || description === undefined) return cleanText(description ?? definition.description, most);
  const kept = cleanText(notes, Math.floor(most / 2));
  const own = cleanText(description.slice(0, -notes.length), most - kept.length - 1);
  return own === '' ? kept : `${own}\n${kept}`;
}
