import { longRuns } from './long-runs.ts';

const LEAST = 16;
const LONGEST = 65_536;
const PRINTABLE = /^[\t\n\r\x20-\x7e\x80-\xff]*$/;
const WORDS = /^(?:[A-Za-z]+[_/-])+[A-Za-z]+$/;

/** Texts that stand in base64. */
export function* base64In(text: string): Generator<readonly [start: number, end: number, inside: string]> {
  for (const [start, run] of longRuns(text, LEAST)) {
    if (run - start > LONGEST) continue;
    const value = text.slice(start, run);
    if (!/[A-Z]/.test(value) || !/[a-z]/.test(value) || WORDS.test(value)) continue;
    const bytes = Buffer.from(value, 'base64');
    if (!PRINTABLE.test(bytes.toString('latin1'))) continue;
    const inside = bytes.toString('utf8');
    if (inside.includes('\ufffd')) continue;
    let end = run;
    while (text[end] === '=' && end < run + 2) end++;
    yield [start, end, inside];
  }
}
