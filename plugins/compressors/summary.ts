import { z } from 'zod';
import type { Message, MessageCounter, TextPart } from '#plugins/context/api';
import { headAndTail } from './clip.ts';

const list = z.array(z.string()).default([]);

/** What the model fills in. */
export const summarySchema = z.object({
  goal: z.string().default(''),
  state: z.string().default(''),
  next_steps: list,
  decisions: list,
  facts: list,
  files: list,
  tools: list,
});
export type Summary = z.output<typeof summarySchema>;

const SECTIONS: readonly (readonly [keyof Summary, string])[] = [
  ['goal', 'Goal'],
  ['state', 'State'],
  ['next_steps', 'Next steps'],
  ['decisions', 'Decisions'],
  ['facts', 'Found out'],
  ['files', 'Files'],
  ['tools', 'Tools'],
];

/** Markdown, what matters most first, for the end is cut where it is too long; empty where nothing was said. */
export function summaryText(summary: Summary, tokens: number, counter: MessageCounter): string {
  const sections = SECTIONS.flatMap(([key, title]) => {
    const value = summary[key];
    const lines =
      typeof value === 'string'
        ? value.trim()
        : value
            .filter((line) => line.trim() !== '')
            .map((line) => `- ${line.trim()}`)
            .join('\n');
    return lines === '' ? [] : [`## ${title}\n${lines}`];
  });
  const text = sections.join('\n\n');
  return counter.text(text) <= tokens ? text : headAndTail(text, tokens, '\n[...]\n', counter);
}

const HEAD = '[Summary of earlier messages, which were removed to save room]\n';
const FACTS = '[To be kept word for word]\n';

/** Facts stand in parts of their own, one each, so that the next summary finds them as they were. */
export function summaryMessage(text: string, facts: readonly string[], of: readonly Message[]): Message {
  const last = of.at(-1)!;
  const parts: TextPart[] = [{ type: 'text', text: HEAD + text }];
  for (const fact of facts) parts.push({ type: 'text', text: FACTS + fact });
  return { id: `summary-${last.id}`, role: 'user', kind: 'summary', parts, at: last.at };
}

/** What was to be kept word for word in a former summary. */
export const factsIn = ({ parts }: Message): string[] =>
  parts.flatMap((part) => (part.type === 'text' && part.text.startsWith(FACTS) ? part.text.slice(FACTS.length) : []));

export const textOf = ({ parts }: Message): string =>
  parts
    .flatMap((part) => (part.type === 'text' && part.text.startsWith(HEAD) ? part.text.slice(HEAD.length) : []))
    .join('\n');
