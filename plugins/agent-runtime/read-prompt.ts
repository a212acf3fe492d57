import { readFileSync } from 'node:fs';

/** A prompt that stands as a file beside the code. */
export const readPrompt = (name: string): string =>
  readFileSync(new URL(`./prompts/${name}.md`, import.meta.url), 'utf8').trim();
