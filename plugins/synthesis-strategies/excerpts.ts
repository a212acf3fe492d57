import { dataIn } from './data-in.ts';
import { ENVELOPE_END, envelopeOf } from './envelope.ts';
import { oneLine } from './plain-text.ts';
import { remembered } from './remembered.ts';
import { steers } from './steering.ts';

/** The beginning and the end of a text on one line. */
export function shortened(text: string, most: number): string {
  // Enough for the line after blanks are gone; the rest of a long text is never looked at.
  const window = text.length > most * 4 ? `${text.slice(0, most * 3)} … ${text.slice(-most)}` : text;
  const line = oneLine(window);
  if (line.length <= most) return line;
  const head = Math.ceil(most * 0.7);
  return `${whole(line.slice(0, head))} … ${whole(line.slice(line.length - (most - head)))}`;
}
/** Without halves of characters at the cuts. */
const whole = (text: string): string => text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');

/** The part of a result that a model may get to see, before its prose is taken out. */
export function windowOf(result: string, most: number): string {
  const envelope = envelopeOf(result);
  const told = envelope === 0 ? result : copied(result.slice(envelope, envelope + most * 3).replace(ENVELOPE_END, ''));
  return told.length > most * 3 ? `${told.slice(0, most * 2)}\n${told.slice(-most)}` : told;
}
/** A part of a long text that does not keep all of it in memory. */
const copied = (part: string): string => Buffer.from(part, 'utf16le').toString('utf16le');

const dataInWindow = remembered(dataIn);

/** A result for a model to read: the data at its beginning and end, never its prose. */
export const resultExcerpt = (result: string, most: number): string =>
  most === 0 ? '' : shortened(dataInWindow(windowOf(result, most)), most);

/** Arguments as `name=value`, with long values shortened; what an agent copied from a result is disarmed too. */
export function argumentsExcerpt(args: Readonly<Record<string, unknown>>, most: number): string {
  const entries = Object.entries(args);
  const each = Math.max(20, Math.floor(most / Math.max(1, entries.length)));
  const parts = entries.map(([name, value]) => {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return `${name.slice(0, 40)}=${shortened(text.length > 60 ? dataIn(text.slice(0, each * 4)) : steers(text) ? '' : text, each)}`;
  });
  return shortened(parts.join(' '), most);
}
