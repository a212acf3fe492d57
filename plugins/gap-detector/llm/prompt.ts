import { readFileSync } from 'node:fs';

const texts = new Map<string, string>();

/** The text of `prompts/NAME.txt`. */
export function prompt(name: 'analyse' | 'toolkits' | 'tools'): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(new URL(`prompts/${name}.txt`, import.meta.url), 'utf8').trim();
    texts.set(name, text);
  }
  return text;
}
