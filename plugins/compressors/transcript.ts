import type { Message, MessageCounter, Part } from '#plugins/context/api';
import { headAndTail } from './clip.ts';
import { textOf } from './summary.ts';

const GAP = '\n[...]\n';

/** The messages as text for a model to read, each long text shortened until all of it has at most `tokens`. */
export function transcriptOf(messages: readonly Message[], tokens: number, counter: MessageCounter): string {
  const whole = render(messages, (text) => text);
  if (counter.text(whole) <= tokens) return whole;
  for (let most = 2000; most >= 60; most = Math.floor(most / 2)) {
    const shorter = render(messages, (text) =>
      counter.text(text) <= most ? text : headAndTail(text, most, GAP, counter),
    );
    if (counter.text(shorter) <= tokens || most < 120) return headAndTailWhere(shorter, tokens, counter);
  }
  return headAndTailWhere(whole, tokens, counter);
}

const headAndTailWhere = (text: string, tokens: number, counter: MessageCounter): string =>
  counter.text(text) <= tokens ? text : headAndTail(text, tokens, GAP, counter);

function render(messages: readonly Message[], shorten: (text: string) => string): string {
  const lines = messages.flatMap((message) => {
    if (message.kind === 'summary') return `<summary>\n${textOf(message) || textIn(message)}\n</summary>`;
    const who = message.kind === 'notice' ? 'notice' : message.role;
    return message.parts.flatMap((part) => renderPart(part, who, shorten));
  });
  return lines.join('\n');
}

const textIn = ({ parts }: Message): string => parts.flatMap((part) => ('text' in part ? part.text : [])).join('\n');

function renderPart(part: Part, who: string, shorten: (text: string) => string): string[] {
  switch (part.type) {
    case 'text':
      return [`${who}: ${shorten(part.text)}`];
    case 'media':
      return [`${who}: [${part.mediaType}${part.url === undefined ? '' : ` ${shorten(part.url)}`}]`];
    case 'tool':
      return [
        `call ${part.name} ${shorten(part.args)}`,
        `${part.state === 'error' ? 'error' : 'result'}: ${shorten(part.output ?? '(none yet)')}`,
      ];
    default:
      // What a model thought on the way is what a summary leaves out.
      return [];
  }
}
